using System.Globalization;
using System.Net;
using System.Text;

namespace Fulgurite.Bench.Report.Svg;

/// <summary>
/// A picture that needs nothing from elsewhere: the fonts of the reader, and colours for light and for dark, chosen so that they differ
/// in lightness too.
/// </summary>
internal sealed class SvgDocument
{
    public const double Width = 760;

    private const string Style = """
        .card{fill:#ffffff;stroke:#d1d9e0}text{fill:#1f2328;font-size:13px}.title{font-size:16px;font-weight:600}
        .muted{fill:#59636e;font-size:12px}.group{font-weight:600}.grid{stroke:#d8dee4}
        .ours{fill:#d9480f}.ours-second{fill:#f0a072}.peer{fill:#1f5fa8}.peer-second{fill:#7fb0e6}.floor{fill:#8b949e}
        .line{fill:none;stroke-width:2.5}.line.ours{stroke:#d9480f}.line.ours-second{stroke:#f0a072}
        .line.peer{stroke:#1f5fa8}.line.peer-second{stroke:#7fb0e6}.line.floor{stroke:#8b949e}
        @media (prefers-color-scheme:dark){.card{fill:#0d1117;stroke:#3d444d}text{fill:#f0f6fc}.muted{fill:#9198a1}.grid{stroke:#2a3138}
        .ours{fill:#ff8c4a}.ours-second{fill:#a3552a}.peer{fill:#6cb0ff}.peer-second{fill:#2f66a8}.floor{fill:#7d8590}
        .line{fill:none}.line.ours{stroke:#ff8c4a}.line.ours-second{stroke:#a3552a}
        .line.peer{stroke:#6cb0ff}.line.peer-second{stroke:#2f66a8}.line.floor{stroke:#7d8590}}
        """;

    private readonly StringBuilder _body = new();
    private readonly string _title;

    public SvgDocument(string title, string subtitle)
    {
        _title = title;
        Text(20, 30, title, "title");
        Text(20, 50, subtitle, "muted");
    }

    public void Text(double x, double y, string text, string style = "", string anchor = "start") =>
        Add($"<text x=\"{x:0.#}\" y=\"{y:0.#}\" class=\"{style}\" text-anchor=\"{anchor}\">{WebUtility.HtmlEncode(text)}</text>");

    public void Line(double x1, double y1, double x2, double y2) =>
        Add($"<line x1=\"{x1:0.#}\" y1=\"{y1:0.#}\" x2=\"{x2:0.#}\" y2=\"{y2:0.#}\" class=\"grid\"/>");

    public void Rectangle(double x, double y, double width, double height, string style) =>
        Add($"<rect x=\"{x:0.#}\" y=\"{y:0.#}\" width=\"{width:0.#}\" height=\"{height:0.#}\" rx=\"2\" class=\"{style}\"/>");

    public void Circle(double x, double y, double radius, string style) =>
        Add($"<circle cx=\"{x:0.#}\" cy=\"{y:0.#}\" r=\"{radius:0.#}\" class=\"{style}\"/>");

    public void Path(IEnumerable<(double X, double Y)> points, string style)
    {
        var path = string.Join('L', points.Select(point => string.Create(CultureInfo.InvariantCulture, $"{point.X:0.#} {point.Y:0.#}")));
        Add($"<path d=\"M{path}\" class=\"line {style}\"/>");
    }

    public string ToSvg(double height) => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width:0} {height:0}" width="{Width:0}" height="{height:0}" role="img" font-family="system-ui,-apple-system,'Segoe UI','DejaVu Sans',sans-serif">
        <title>{WebUtility.HtmlEncode(_title)}</title>
        <style>{Style}</style>
        <rect x="0.5" y="0.5" width="{Width - 1:0}" height="{height - 1:0}" rx="6" class="card"/>
        {_body}</svg>

        """);

    private void Add(FormattableString element) => _body.Append(element.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
