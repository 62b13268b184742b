
namespace Fulgurite.Callbacks;

/// <summary>The operations of one save.</summary>
/// <param name="Best">The save as one of the best; null if there is none.</param>
/// <param name="Newest">The save as the newest; null if there is none.</param>
internal readonly record struct SaveOperations(SaveOperation? Best, SaveOperation? Newest)
{
    /// <summary>Gets one of the two operations; null if there is none.</summary>
    public SaveOperation? Any => Best ?? Newest;
}
