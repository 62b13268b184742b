using System.Diagnostics;
using System.Runtime.Versioning;

namespace Fulgurite.Tests.Strategies.Mpi;

/// <summary>Two hosts on this machine: network namespaces that a cable joins, each with a host name of its own.</summary>
[SupportedOSPlatform("linux")]
internal sealed class TwoHosts : IDisposable
{
    private readonly string _first = $"fg{Environment.ProcessId}a";
    private readonly string _second = $"fg{Environment.ProcessId}b";
    private readonly string _agent;

    private TwoHosts(string folder)
    {
        // mpirun starts its daemon on the second host by this program, whose first argument is the name of the host.
        _agent = Path.Combine(folder, "agent.sh");
        File.WriteAllText(
            _agent, $"#!/bin/sh\nshift\nexec ip netns exec {_second} unshare --uts sh -c \"hostname {_second}; $*\"\n");
        File.SetUnixFileMode(_agent, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>Gets the arguments of <c>ip</c> that start two processes of Open MPI, one on each host.</summary>
    public string[] Launcher =>
    [
        "netns", "exec", _first, "mpirun.openmpi", "-np", "2", "-H", "10.77.0.1,10.77.0.2", "--mca", "plm_rsh_agent", _agent, "--mca",
        "btl", "tcp,self", "--mca", "btl_tcp_if_include", "10.77.0.0/24", "--mca", "oob_tcp_if_include", "10.77.0.0/24", "--mca",
        "mpi_yield_when_idle", "1",
    ];

    /// <summary>Creates them; skips the test without the tools or the rights.</summary>
    /// <param name="folder">A folder for the launcher.</param>
    public static TwoHosts Create(string folder)
    {
        var hosts = new TwoHosts(folder);
        var (first, second) = (hosts._first, hosts._second);
        if (!MpiLauncher.Has("openmpi") || !Ip("netns", "add", first))
        {
            Assert.Inconclusive("Two hosts need Open MPI, iproute2 and the right to create network namespaces.");
        }

        Assert.IsTrue(
            Ip("netns", "add", second)
                && Ip("link", "add", first, "netns", first, "type", "veth", "peer", "name", second, "netns", second)
                && Ip("-n", first, "addr", "add", "10.77.0.1/24", "dev", first)
                && Ip("-n", second, "addr", "add", "10.77.0.2/24", "dev", second)
                && Ip("-n", first, "link", "set", "lo", "up") && Ip("-n", second, "link", "set", "lo", "up"));
        hosts.SetLink(isUp: true);
        return hosts;
    }

    /// <summary>Cuts the cable, or joins it.</summary>
    public void SetLink(bool isUp)
    {
        var state = isUp ? "up" : "down";
        Assert.IsTrue(Ip("-n", _first, "link", "set", _first, state) && Ip("-n", _second, "link", "set", _second, state));
    }

    /// <summary>Ends all processes on both hosts.</summary>
    public void End()
    {
        foreach (var name in new[] { _first, _second })
        {
            using var pids = Process.Start(
                new ProcessStartInfo("ip", ["netns", "pids", name]) { UseShellExecute = false, RedirectStandardOutput = true })!;
            foreach (var pid in pids.StandardOutput.ReadToEnd().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
            {
                Process.Start("kill", ["-KILL", pid]).WaitForExit();
            }
        }
    }

    public void Dispose()
    {
        End();
        foreach (var name in new[] { _first, _second })
        {
            Ip("netns", "delete", name);
        }
    }

    private static bool Ip(params string[] arguments)
    {
        try
        {
            using var process = Process.Start(
                new ProcessStartInfo("ip", arguments) { UseShellExecute = false, RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
