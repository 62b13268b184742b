namespace Fulgurite.Tests.Hosting.Doubles;

/// <summary>A second base.</summary>
internal sealed class OtherIO(Journal journal) : RecordingIO(journal);
