namespace Fulgurite.Composition;

/// <summary>How messages call a trainer.</summary>
internal static class TrainerName
{
    public static string DisplayName(this ITrainerBuilder builder) => Display(builder.Name);

    public static string Display(string name) => name.Length == 0 ? "The trainer" : $"The trainer '{name}'";
}
