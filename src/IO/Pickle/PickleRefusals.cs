namespace Fulgurite.IO.Pickle;

/// <summary>
/// Names that a pickle is refused for. Nothing is ever called here, so this is not what keeps a payload from running; but a file that
/// names them was made to attack someone, and whoever loads it should know.
/// </summary>
internal static class PickleRefusals
{
    private static readonly HashSet<string> Modules = new(StringComparer.Ordinal)
    {
        "os", "posix", "nt", "ntpath", "posixpath", "sys", "subprocess", "shutil", "socket", "ssl", "pty", "tty", "fcntl", "signal", "ctypes", "_ctypes", "cffi",
        "runpy", "importlib", "imp", "pkgutil", "zipimport", "code", "codeop", "commands", "popen2", "platform", "pickle", "_pickle", "cPickle", "marshal", "shelve",
        "dill", "cloudpickle", "joblib", "webbrowser", "timeit", "trace", "cProfile", "profile", "pdb", "bdb", "doctest", "unittest", "ensurepip", "pip", "venv",
        "asyncio", "multiprocessing", "threading", "_thread", "http", "httplib", "urllib", "urllib2", "requests", "ftplib", "telnetlib", "smtplib", "xmlrpc",
        "tempfile", "glob", "fileinput", "io", "_io", "gc", "linecache", "readline", "rlcompleter", "site", "sysconfig", "atexit", "antigravity",
    };

    private static readonly HashSet<string> Functions = new(StringComparer.Ordinal)
    {
        "eval", "exec", "execfile", "compile", "open", "file", "input", "raw_input", "__import__", "breakpoint", "apply", "globals", "locals", "vars", "setattr", "delattr",
        "exit", "quit", "help",
    };

    private static readonly HashSet<string> Members = new(StringComparer.Ordinal)
    {
        "torch.hub.load", "torch.hub.load_state_dict_from_url", "torch.load", "torch.serialization.load", "torch.storage._load_from_bytes", "torch.jit.load",
        "torch.utils.collect_env.run", "torch.multiprocessing.spawn", "numpy.load", "numpy.core.multiarray._load", "operator.attrgetter", "operator.methodcaller",
        "types.FunctionType", "types.CodeType", "_operator.attrgetter", "_operator.methodcaller", "functools.reduce", "_functools.reduce",
    };

    public static bool IsRefused(string module, string name)
    {
        var dot = module.IndexOf('.', StringComparison.Ordinal);
        var top = dot < 0 ? module : module[..dot];
        var isBuiltin = top is "builtins" or "__builtin__" or "__builtins__";
        return Modules.Contains(top)
            || (isBuiltin && Functions.Contains(name))
            || Members.Contains($"{module}.{name}")
            || (top != "copyreg" && (name.StartsWith("__", StringComparison.Ordinal) || name.Contains(".__", StringComparison.Ordinal)));
    }
}
