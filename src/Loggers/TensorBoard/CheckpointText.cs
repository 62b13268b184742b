using System.Globalization;
using System.Text;
using Fulgurite.IO;

namespace Fulgurite.Loggers.TensorBoard;

/// <summary>A save as a line of Markdown.</summary>
internal static class CheckpointText
{
    public static string Of(CheckpointTicket ticket)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"`{Path.GetFileName(ticket.Path)}` {ticket.Outcome.ToString().ToLowerInvariant()}");
        if (ticket.Options.Score is { } score)
        {
            text.Append(CultureInfo.InvariantCulture, $", score {score:G6}");
        }

        text.Append(CultureInfo.InvariantCulture, $", {ticket.ByteCount:N0} bytes, training waited {ticket.Stall.TotalMilliseconds:0.##} ms, written in {ticket.WriteTime.TotalMilliseconds:0.#} ms");
        if (ticket.Failure is { } failure)
        {
            text.Append(CultureInfo.InvariantCulture, $": {failure.Message}");
        }

        return text.ToString();
    }
}
