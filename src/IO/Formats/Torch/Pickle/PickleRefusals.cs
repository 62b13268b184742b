namespace Fulgurite.IO;

/// <summary>
/// Names for which a pickle is rejected. Since nothing is ever called, this does not prevent execution of a payload; but a file that uses
/// these names was made for an attack and should be reported.
/// </summary>
internal static class PickleRefusals
{
    /// <summary>Rejected modules, including their submodules.</summary>
    private static readonly HashSet<string> Packages = new(StringComparer.Ordinal)
    {
        "os", "posix", "nt", "ntpath", "posixpath", "sys", "subprocess", "shutil", "socket", "ssl", "fcntl", "ctypes", "_ctypes", "cffi",
        "runpy", "importlib", "pkgutil", "zipimport", "popen2", "pickle", "_pickle", "cPickle", "marshal",
        "dill", "cloudpickle", "joblib", "pdb", "bdb", "doctest", "unittest", "ensurepip", "pip", "venv",
        "asyncio", "multiprocessing", "threading", "_thread", "http", "httplib", "urllib", "urllib2", "requests", "ftplib", "telnetlib",
        "smtplib", "xmlrpc",
        "tempfile", "fileinput", "_io", "linecache", "readline", "rlcompleter", "sysconfig", "atexit",
    };

    /// <summary>Rejected modules without submodules: a name such as <c>code.models</c> belongs to a package of the user.</summary>
    private static readonly HashSet<string> Modules = new(StringComparer.Ordinal)
    {
        "pty", "tty", "signal", "imp", "code", "codeop", "commands", "platform", "shelve", "webbrowser", "timeit", "trace", "cProfile",
        "profile", "glob", "io", "gc", "site",
        "antigravity",
    };

    private static readonly HashSet<string> Functions = new(StringComparer.Ordinal)
    {
        "eval", "exec", "execfile", "compile", "open", "file", "input", "raw_input", "__import__", "breakpoint", "apply", "globals",
        "locals", "vars", "setattr", "delattr",
        "exit", "quit", "help",
    };

    private static readonly HashSet<string> Members = new(StringComparer.Ordinal)
    {
        "torch.hub.load", "torch.hub.load_state_dict_from_url", "torch.load", "torch.serialization.load", "torch.storage._load_from_bytes",
        "torch.jit.load",
        "torch.utils.collect_env.run", "torch.multiprocessing.spawn", "numpy.load", "numpy.core.multiarray._load", "operator.attrgetter",
        "operator.methodcaller",
        "types.FunctionType", "types.CodeType", "_operator.attrgetter", "_operator.methodcaller", "functools.reduce", "_functools.reduce",
    };

    public static bool IsRefused(string module, string name)
    {
        var dot = module.IndexOf('.', StringComparison.Ordinal);
        var top = dot < 0 ? module : module[..dot];
        var isBuiltin = top is "builtins" or "__builtin__" or "__builtins__";
        return Packages.Contains(top)
            || Modules.Contains(module)
            || (isBuiltin && Functions.Contains(name))
            || Members.Contains($"{module}.{name}")
            || (
                top != "copyreg" && !IsRandomState(module, name)
                    && (name.StartsWith("__", StringComparison.Ordinal) || name.Contains(".__", StringComparison.Ordinal)));
    }

    /// <summary>Returns true for the functions that restore NumPy random states, which many checkpoints contain.</summary>
    private static bool IsRandomState(string module, string name) =>
        module == "numpy.random._pickle" && name is ("__randomstate_ctor" or "__generator_ctor" or "__bit_generator_ctor");
}
