namespace Fulgurite.Strategies;

/// <summary>How the values of several processes become one.</summary>
public enum ReduceOperation
{
    /// <summary>Their mean.</summary>
    Mean,

    /// <summary>Their sum.</summary>
    Sum,

    /// <summary>The smallest, element by element.</summary>
    Min,

    /// <summary>The largest, element by element.</summary>
    Max,
}
