
namespace Fulgurite.Callbacks;

/// <summary>What was asked for when a state was saved.</summary>
/// <param name="Best">The save as one of the best; null for none.</param>
/// <param name="Newest">The save as the newest; null for none.</param>
internal readonly record struct SaveOperations(SaveOperation? Best, SaveOperation? Newest)
{
    /// <summary>One of the two, where there is any.</summary>
    public SaveOperation? Any => Best ?? Newest;
}
