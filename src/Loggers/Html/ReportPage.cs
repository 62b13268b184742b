using System.Net;
using System.Text;

namespace Fulgurite.Loggers;

/// <summary>
/// The page of runs, in one file: with the numbers of one run inline (a report), or without any, for a server that sends them. The charts
/// are those of uPlot, whose licence is part of the page.
/// </summary>
internal static class ReportPage
{
    /// <summary>Creates the page of a run, which needs nothing else. While the run is active, browsers reload it.</summary>
    public static string Of(RunReport report)
    {
        var refresh = report.Status == RunReport.Running ? "<meta http-equiv=\"refresh\" content=\"30\">\n" : string.Empty;
        return Write(report.Title, refresh, "'none'", ReportData.Element(report) + "\n");
    }

    /// <summary>Creates the page that follows runs by the server-sent events of the address <c>events</c>.</summary>
    public static string OfServer() => Write("Fulgurite", string.Empty, "'self'", string.Empty);

    private static string Write(string title, string refresh, string connections, string data) =>
        new StringBuilder("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n")
            .Append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
            .Append("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; ")
            .Append("script-src 'unsafe-inline'; img-src data:; connect-src ").Append(connections).Append("\">\n")
            .Append("<link rel=\"icon\" href=\"data:,\">\n")
            .Append(refresh)
            .Append("<title>").Append(WebUtility.HtmlEncode(title)).Append("</title>\n")
            .Append("<style>\n").Append(Part("uPlot.min.css")).Append('\n').Append(Part("page.css")).Append("</style></head>\n")
            .Append(Part("page.html"))
            .Append(data)
            .Append("<script>\n/*\nuPlot\n\n").Append(Part("uPlot.LICENSE")).Append("*/\n").Append(Part("uPlot.iife.min.js"))
            .Append("\n</script>\n")
            .Append("<script>\n").Append(Part("page.js")).Append("</script>\n</body></html>\n")
            .ToString();

    private static string Part(string name)
    {
        using var stream = typeof(ReportPage).Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
