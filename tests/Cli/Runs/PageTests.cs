using Fulgurite.Cli;
using PuppeteerSharp;

namespace Fulgurite.Tests.Cli.Runs;

[TestClass]
[DoNotParallelize] // A page in the background draws nothing.
public sealed class PageTests
{
    private const int Patience = 180_000;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    private static IBrowser? _browser;

    [ClassCleanup]
    public static async Task CloseAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }
    }

    [TestMethod]
    [Timeout(Patience)]
    public async Task Page_OneRun_ShowsCurvesCheckpointsAndHyperParameters()
    {
        using var directory = new TemporaryDirectory();
        RunLogs.Write(directory["baseline"], 200);
        await using var server = await StartAsync(directory.Path);

        var (page, problems) = await (await ChromiumAsync()).ShowAsync(server.Address.ToString());
        await page.WaitForTextAsync("h1", "baseline");

        Assert.AreSequenceEqual(new[] { "loss: 2", "learning rate: 1", "step time: 1", "checkpoint stalls: 1" }, await page.ChartsAsync());
        await page.WaitForTextAsync("#link", "live");
        await page.WaitForTextAsync(".badge", "completed");
        await page.WaitForTextAsync("#checkpoints td", "step=200.ckpt");
        await page.WaitForTextAsync("#checkpoints td", "1.5 ms");
        await page.WaitForTextAsync("#hyper-parameters td", "<b>bold</b>");
        Assert.IsGreaterThan(3000, await InkAsync(page), "the charts are empty");
        Assert.IsEmpty(problems, string.Join('\n', problems));
        await page.KeepPictureAsync("light");
    }

    [TestMethod]
    [Timeout(Patience)]
    public async Task Page_RunGoesOn_ShowsNewStepsAndRunsWithoutReload()
    {
        using var directory = new TemporaryDirectory();
        var logs = RunLogs.Write(directory["first"], 60, end: null);
        await using var server = await StartAsync(directory.Path);
        var (page, problems) = await (await ChromiumAsync()).ShowAsync(server.Address.ToString());
        await page.WaitForTextAsync(".badge", "running");
        await page.WaitForTextAsync(".tile b", "60");

        logs.Steps(65).Flush();
        await page.WaitForTextAsync(".tile b", "125");
        var steps = await page.EvaluateExpressionAsync<int>("charts.get('loss').holder.chart.data[0].length");
        RunLogs.Write(directory["second"], 10);
        await page.WaitForTextAsync(".run", "second");
        logs.End("completed").Flush();
        await page.WaitForTextAsync(".badge", "completed");

        Assert.AreEqual(125, steps);
        Assert.IsEmpty(problems, string.Join('\n', problems));
    }

    [TestMethod]
    [Timeout(Patience)]
    public async Task Page_RunThatIsResumed_DropsTheRepeatedSteps()
    {
        using var directory = new TemporaryDirectory();
        RunLogs.Write(directory["run"], 80, end: "interrupted");
        await using var server = await StartAsync(directory.Path);
        var (page, problems) = await (await ChromiumAsync()).ShowAsync(server.Address.ToString());
        await page.WaitForTextAsync(".tile b", "80");

        var other = RunLogs.Write(directory["elsewhere"], 50, end: null);
        other.Start("/runs/step=50.ckpt").Steps(5).Flush();
        File.Move(other.Path, directory["run/logs/metrics.jsonl"], overwrite: true);

        await page.WaitForTextAsync(".tile b", "55");
        await page.WaitForTextAsync("header p", "resumed at step 50");
        Assert.AreEqual(55, await page.EvaluateExpressionAsync<int>("charts.get('loss').holder.chart.data[0].length"));
        Assert.IsEmpty(problems, string.Join('\n', problems));
    }

    [TestMethod]
    [Timeout(Patience)]
    public async Task Page_SeveralRuns_ComparesThem()
    {
        using var directory = new TemporaryDirectory();
        RunLogs.Write(directory["slow"], 400, 0.001);
        RunLogs.Write(directory["fast"], 400, 0.003);
        RunLogs.Write(directory["sweep/third"], 300, 0.002, "failed");
        await using var server = await StartAsync(directory.Path);
        var (page, problems) = await (await ChromiumAsync()).ShowAsync(server.Address.ToString());
        await page.WaitForTextAsync(".run", "sweep/third");

        foreach (var run in new[] { "slow", "fast", "sweep/third" })
        {
            if (await page.QuerySelectorAsync($".run[data-run='{run}'][aria-pressed='false']") is { } chip)
            {
                await chip.ClickAsync();
                await page.WaitForSelectorAsync($".run[data-run='{run}'][aria-pressed='true']");
            }
        }

        await page.WaitForTextAsync("h1", "3 runs");
        await page.WaitForFunctionAsync("() => charts.get('loss').legend.querySelectorAll('.dot').length === 6");
        await page.WaitForTextAsync("#metrics-compared th", "slow: last");
        await page.WaitForTextAsync("#hyper-parameters tr.differs td", "lr");
        Assert.AreEqual(1, await page.EvaluateExpressionAsync<int>("document.querySelectorAll('#hyper-parameters tr.differs').length"));
        await page.WaitForTextAsync("#checkpoints td", "sweep/third");
        Assert.IsEmpty(problems, string.Join('\n', problems));
        await page.KeepPictureAsync("compare");

        // The address keeps the selection.
        var (again, _) = await (await ChromiumAsync()).ShowAsync(page.Url);
        await again.WaitForTextAsync("h1", "3 runs");
    }

    [TestMethod]
    [Timeout(Patience)]
    [DataRow(360, false)]
    [DataRow(360, true)]
    [DataRow(1600, true)]
    public async Task Page_AnyWidthAndScheme_FitsAndHasReadableColors(int width, bool isDark)
    {
        using var directory = new TemporaryDirectory();
        RunLogs.Write(directory["a-run-with-a-rather-long-name/learning-rate=0.002"], 200);
        RunLogs.Write(directory["other"], 100, 0.003, end: "failed");
        await using var server = await StartAsync(directory.Path);

        var (page, problems) = await (await ChromiumAsync()).ShowAsync(server.Address.ToString(), width, 780, isDark);
        await page.WaitForTextAsync("#checkpoints td", "step=50.ckpt");

        Assert.IsLessThanOrEqualTo(
            width, await page.EvaluateExpressionAsync<int>("document.documentElement.scrollWidth"), "the page scrolls sideways");
        var lightness = await page.EvaluateExpressionAsync<double>(
            "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).reduce((sum, value) => sum + Number(value), "
                + "0) / 3");
        Assert.AreEqual(isDark, lightness < 60, $"the background has the lightness {lightness}");
        foreach (var selector in new[] { "h1", ".tile span", ".badge", "th", ".run small" })
        {
            Assert.IsGreaterThanOrEqualTo(4.5, await ContrastAsync(page, selector), $"{selector}, the contrast");
        }

        Assert.IsEmpty(problems, string.Join('\n', problems));
        await page.KeepPictureAsync($"{width}-{(isDark ? "dark" : "light")}");
    }

    [TestMethod]
    [Timeout(Patience)]
    public async Task Report_OfTheSameRun_ShowsTheSameChartsWithoutAServer()
    {
        using var directory = new TemporaryDirectory();
        RunLogs.Write(directory["baseline"], 200);
        ToolRun.Of("plot", directory.Path, "--output", directory["report.html"]).AssertSucceeded();

        var (page, problems) = await (await ChromiumAsync()).ShowAsync(new Uri(directory["report.html"]).AbsoluteUri);
        await page.WaitForTextAsync("h1", "baseline");

        Assert.AreSequenceEqual(new[] { "loss: 2", "learning rate: 1", "step time: 1", "checkpoint stalls: 1" }, await page.ChartsAsync());
        await page.WaitForTextAsync("#hyper-parameters td", "<b>bold</b>");
        Assert.IsGreaterThan(3000, await InkAsync(page), "the charts are empty");
        Assert.IsEmpty(problems, string.Join('\n', problems));
        await page.KeepPictureAsync("report");
    }

    [TestMethod]
    [Timeout(Patience)]
    public async Task Server_HostOfAnotherName_IsRefused()
    {
        using var directory = new TemporaryDirectory();
        await using var server = await StartAsync(directory.Path);
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, server.Address);
        request.Headers.Host = "rebound.example";

        using var refused = await client.SendAsync(request);

        Assert.AreEqual(System.Net.HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.AreEqual("127.0.0.1", server.Address.Host);
    }

    [TestMethod]
    [Timeout(Patience)]
    public async Task Serve_PortInUse_SaysWhatToDo()
    {
        using var directory = new TemporaryDirectory();
        await using var server = await StartAsync(directory.Path);

        ToolRun.Of("serve", directory.Path, "--port", $"{server.Address.Port}").AssertFailed(2, "in use", "--port");
        ToolRun.Of("serve", directory["nowhere"], "--port", "0").AssertFailed(2, "does not exist");
    }

    private static Task<PageServer> StartAsync(string folder) =>
        PageServer.StartAsync(new RunFolder(folder), 0, Interval, TimeProvider.System);

    /// <summary>Counts the pixels that are drawn on all charts.</summary>
    private static async Task<IBrowser> ChromiumAsync() => _browser ??= await Browser.OpenAsync();

    private static Task<int> InkAsync(IPage page) => page.EvaluateExpressionAsync<int>(
        "[...document.querySelectorAll('canvas')].map(canvas => canvas.getContext('2d').getImageData(0, 0, canvas.width, "
            + "canvas.height).data.filter((value, at) => at % 4 === 3 && value > 0).length).reduce((a, b) => a + b, 0)");

    private static Task<double> ContrastAsync(IPage page, string selector) => page.EvaluateFunctionAsync<double>(
        """
        selector => {
          const numbers = color => color.match(/[\d.]+/g).map(Number);
          const light = color => numbers(color).slice(0, 3).map(value => value / 255).map(value => value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
            .reduce((sum, value, at) => sum + value * [0.2126, 0.7152, 0.0722][at], 0);
          let element = document.querySelector(selector);
          const front = light(getComputedStyle(element).color);
          while (element.parentElement && (numbers(getComputedStyle(element).backgroundColor)[3] ?? 1) === 0) {
            element = element.parentElement;
          }
          const back = light(getComputedStyle(element).backgroundColor);
          return (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
        }
        """,
        selector);
}
