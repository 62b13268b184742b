namespace Fulgurite.Composition;

/// <summary>Something wrong that was found while a trainer was composed, a keyed service: it is reported with everything else.</summary>
/// <param name="Message">What, and what to do.</param>
internal sealed record CompositionFailure(string Message);
