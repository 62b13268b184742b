namespace Fulgurite.Schedulers;

/// <summary>Which values of a metric are better.</summary>
public enum PlateauMode
{
    /// <summary>Lower ones, as of a loss.</summary>
    Minimum,

    /// <summary>Higher ones, as of an accuracy.</summary>
    Maximum,
}
