namespace Fulgurite.Loggers.Writing;

/// <summary>How a file is opened.</summary>
/// <param name="IsNew">Whether it is made; else it goes on.</param>
/// <param name="LastStep">Where it goes on: what it holds of later steps is of a run that did not happen, and goes.</param>
internal readonly record struct OpenMode(bool IsNew, long LastStep)
{
    public static readonly OpenMode New = new(IsNew: true, -1);

    public static readonly OpenMode Append = new(IsNew: false, long.MaxValue);

    public static OpenMode Resume(long step) => new(IsNew: false, step);
}
