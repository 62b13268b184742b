using System.ComponentModel;
using System.Diagnostics;

namespace AttentionXml.Data.Debian;

/// <summary>The package index of this machine, the output of <c>apt-cache dumpavail</c>.</summary>
/// <param name="say">Receives a line for the user before slow operations.</param>
internal sealed class AptPackageIndex(Action<string> say)
{
    private const string Remedy =
        "Run 'apt-get update' as root and start again, give a data set with --data DIR, or generate documents with --generate small.";

    /// <summary>Returns all packages; if the machine has no lists, fetches them first.</summary>
    /// <exception cref="NoPackageIndexException">This machine has no apt, or no package lists, and they cannot be fetched.</exception>
    /// <exception cref="InputException">The package lists cannot be read.</exception>
    public IReadOnlyList<Package> Read()
    {
        var packages = Dump();
        if (packages.Count == 0)
        {
            say("The package lists are empty: fetching them with 'apt-get update' ...");
            try
            {
                Update();
            }
            catch (InputException e)
            {
                throw new NoPackageIndexException(e.Message, e);
            }

            packages = Dump();
        }

        return packages.Count > 0
            ? packages
            : throw new NoPackageIndexException($"'apt-cache dumpavail' lists no package, not even after 'apt-get update'. {Remedy}");
    }

    private static List<Package> Dump()
    {
        using var process = Start("apt-cache", ["dumpavail"]);
        var packages = PackageIndexReader.Read(process.StandardOutput).ToList();
        Finish(process, "apt-cache dumpavail");
        return packages;
    }

    private static void Update()
    {
        // -n: a password prompt would look like a hanging program.
        using var process = Environment.IsPrivilegedProcess
            ? Start("apt-get", ["update", "-q"])
            : Start("sudo", ["-n", "apt-get", "update", "-q"]);
        process.StandardOutput.ReadToEnd();
        Finish(process, "apt-get update");
    }

    private static Process Start(string program, string[] arguments)
    {
        try
        {
            return Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, UseShellExecute = false })!;
        }
        catch (Win32Exception e)
        {
            var message = "The default data set is made from the package index of Debian or Ubuntu, "
                + $"and '{program}' cannot be run here ({e.Message}).";
            throw program == "apt-cache" ? new NoPackageIndexException(message, e) : new InputException($"{message} {Remedy}", e);
        }
    }

    private static void Finish(Process process, string command)
    {
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InputException($"'{command}' ended with exit code {process.ExitCode}. {Remedy}");
        }
    }
}

/// <summary>This machine has no package index.</summary>
internal sealed class NoPackageIndexException(string message, Exception? inner = null) : InputException(message, inner);
