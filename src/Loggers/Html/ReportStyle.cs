namespace Fulgurite.Loggers;

/// <summary>The style sheet of a report, for light and dark mode.</summary>
internal static class ReportStyle
{
    public const string Css = """
        :root { color-scheme: light dark; --back: #f6f7f9; --card: #ffffff; --text: #1c2330; --soft: #5d6778; --line: #e3e7ee;
          --c0: #2563c9; --c1: #d9622b; --c2: #218a5b; --c3: #8a4bbf; --c4: #b0891b; --c5: #b83a5e; --ok: #218a5b; --bad: #c23b3b; --wait: #b0891b; }
        @media (prefers-color-scheme: dark) { :root { --back: #12161d; --card: #1a202a; --text: #e4e8ef; --soft: #98a3b5; --line: #2c3442;
          --c0: #6ea3f2; --c1: #f09a63; --c2: #58c596; --c3: #bf93ea; --c4: #dcbb55; --c5: #ea7f9c; --ok: #58c596; --bad: #f08080; --wait: #dcbb55; } }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--back); color: var(--text); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
        main { max-width: 1360px; margin: 0 auto; padding: 28px 20px 60px; }
        h1 { font-size: 26px; margin: 0; } h2 { font-size: 17px; margin: 34px 0 12px; } h3 { font-size: 15px; margin: 0 0 6px; font-weight: 600; }
        header { display: flex; flex-wrap: wrap; align-items: center; gap: 12px; } header p { margin: 0; color: var(--soft); flex-basis: 100%; }
        .badge { border-radius: 99px; padding: 2px 12px; font-size: 13px; font-weight: 600; border: 1.5px solid currentColor; }
        .completed { color: var(--ok); } .failed { color: var(--bad); } .running, .interrupted { color: var(--wait); }
        .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin-top: 22px; }
        .tile, .card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 14px 16px; min-width: 0; }
        .tile b { display: block; font-size: 21px; font-variant-numeric: tabular-nums; white-space: nowrap; } .tile span { color: var(--soft); font-size: 13px; }
        .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(430px, 100%), 1fr)); gap: 14px; }
        svg { display: block; width: 100%; height: auto; } .grid { stroke: var(--line); } .tick { fill: var(--soft); font-size: 12px; font-variant-numeric: tabular-nums; }
        polyline { fill: none; stroke-linejoin: round; } .line { stroke-width: 2.2; } .raw { stroke-width: 1; opacity: .3; }
        .c0 { stroke: var(--c0); } .c1 { stroke: var(--c1); } .c2 { stroke: var(--c2); } .c3 { stroke: var(--c3); } .c4 { stroke: var(--c4); } .c5 { stroke: var(--c5); }
        circle.c0 { fill: var(--c0); } circle.c1 { fill: var(--c1); } circle.c2 { fill: var(--c2); } circle.c3 { fill: var(--c3); } circle.c4 { fill: var(--c4); } circle.c5 { fill: var(--c5); }
        .legend { display: flex; flex-wrap: wrap; gap: 4px 16px; font-size: 13px; color: var(--soft); margin-bottom: 4px; } .legend b { color: var(--text); font-variant-numeric: tabular-nums; }
        .dot { display: inline-block; width: 10px; height: 10px; border-radius: 3px; margin-right: 6px; }
        .bar { display: flex; height: 26px; border-radius: 6px; overflow: hidden; margin: 6px 0 14px; } .bar i { display: block; min-width: 1px; }
        .scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: 14px; } th { text-align: left; color: var(--soft); font-weight: 500; }
        th, td { padding: 5px 14px 5px 0; border-bottom: 1px solid var(--line); white-space: nowrap; } .n { text-align: right; font-variant-numeric: tabular-nums; }
        tr:last-child td { border-bottom: 0; } .none, .note { color: var(--soft); font-size: 13px; } .two { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(430px, 100%), 1fr)); gap: 14px; align-items: start; }
        """;
}
