using System.CommandLine;

namespace Fulgurite.Bench.Commands;

/// <summary>Creates options with a default.</summary>
internal static class OptionExtensions
{
    extension(Option)
    {
        public static Option<T> Of<T>(string name, T value, string description) =>
            new(name) { DefaultValueFactory = _ => value, Description = description };
    }
}
