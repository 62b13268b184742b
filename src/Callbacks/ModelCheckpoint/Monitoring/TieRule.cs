namespace Fulgurite.Callbacks;

/// <summary>Which of two checkpoints with the same metric is the better one.</summary>
public enum TieRule
{
    /// <summary>The earlier one: a tie replaces nothing.</summary>
    Earliest,

    /// <summary>The later one, which has trained for longer.</summary>
    Latest,
}
