using System.Globalization;
using System.Text;

namespace Fulgurite.Loggers;

/// <summary>Formats a save as a line of Markdown.</summary>
internal static class CheckpointText
{
    public static string Of(SaveOperation operation)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"`{Path.GetFileName(operation.Path)}` {operation.Outcome.ToString().ToLowerInvariant()}");
        if (operation.Options.Score is { } score)
        {
            text.Append(CultureInfo.InvariantCulture, $", score {score:G6}");
        }

        text.Append(CultureInfo.InvariantCulture, $", {operation.ByteCount:N0} bytes, training waited {operation.Stall.TotalMilliseconds:0.##} ms, written in {operation.WriteTime.TotalMilliseconds:0.#} ms");
        if (operation.Failure is { } failure)
        {
            text.Append(CultureInfo.InvariantCulture, $": {failure.Message}");
        }

        return text.ToString();
    }
}
