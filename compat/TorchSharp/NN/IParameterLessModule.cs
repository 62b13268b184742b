namespace TorchSharp.Modules;

/// <summary>Marks a module that has neither parameters nor buffers.</summary>
public interface IParameterLessModule
{
}

internal static class ParameterLess
{
    internal static InvalidOperationException Refuse(string what, string name) =>
        new($"This module has no parameters by declaration, so a {what} '{name}' cannot be registered in it.");
}
