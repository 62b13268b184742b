namespace Fulgurite.Bench.All;

/// <summary>What Python is to a measurement.</summary>
internal enum PeerUse
{
    /// <summary>Nothing, or the command looks for it by itself.</summary>
    None,

    /// <summary>Measured as well where it is there.</summary>
    Beside,

    /// <summary>All that is measured.</summary>
    Alone,
}
