namespace Fulgurite.Callbacks;

/// <summary>A bar of characters that every terminal has.</summary>
internal static class ProgressBar
{
    public static string Of(long done, long total, int width)
    {
        var filled = (int)Math.Round((double)Math.Clamp(done, 0, total) / Math.Max(total, 1) * width);
        return new string('━', filled) + new string('─', width - filled);
    }
}
