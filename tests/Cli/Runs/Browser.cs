using PuppeteerSharp;

namespace Fulgurite.Tests.Cli.Runs;

/// <summary>A headless Chromium of this machine; tests without one are inconclusive.</summary>
internal static class Browser
{
    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

    public static async Task<IBrowser> OpenAsync()
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator);
        var path = folders.SelectMany(folder => Names.Select(name => Path.Combine(folder, name))).FirstOrDefault(File.Exists);
        if (path is null)
        {
            Assert.Inconclusive($"None of {string.Join(", ", Names)} is on the PATH; install one to test the page.");
        }

        return await Puppeteer.LaunchAsync(
            new LaunchOptions
            {
                ExecutablePath = path,
                Headless = true,
                // Over a port, Chromium did not answer the first command in about half of its starts.
                Pipe = true,
                Args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
            });
    }

    /// <summary>Opens a page and collects its errors and the requests that leave this machine.</summary>
    public static async Task<(IPage Page, List<string> Problems)> ShowAsync(
        this IBrowser browser, string address, int width = 1280, int height = 1000, bool isDark = false)
    {
        var page = await browser.NewPageAsync();
        page.DefaultTimeout = 60_000; // Of a busy machine.
        var problems = new List<string>();
        page.PageError += (_, error) => problems.Add(error.Message);
        page.Console += (_, message) =>
        {
            if (message.Message.Type == ConsoleType.Error)
            {
                problems.Add(message.Message.Text);
            }
        };
        page.Request += (_, request) =>
        {
            if (
                !request.Request.Url.StartsWith("http://127.0.0.1:", StringComparison.Ordinal)
                    && !request.Request.Url.StartsWith("file:", StringComparison.Ordinal)
                    && !request.Request.Url.StartsWith("data:", StringComparison.Ordinal))
            {
                problems.Add($"request to {request.Request.Url}");
            }
        };
        await page.SetViewportAsync(new ViewPortOptions { Width = width, Height = height });
        await page.EmulateMediaFeaturesAsync(
            [new MediaFeatureValue { MediaFeature = MediaFeature.PrefersColorScheme, Value = isDark ? "dark" : "light" }]);
        await page.BringToFrontAsync();
        await page.GoToAsync(address, WaitUntilNavigation.DOMContentLoaded);
        return (page, problems);
    }

    /// <summary>Waits until the page contains a text.</summary>
    public static async Task WaitForTextAsync(this IPage page, string selector, string text)
    {
        try
        {
            await page.WaitForFunctionAsync(
                "(selector, text) => [...document.querySelectorAll(selector)].some(element => element.textContent.includes(text))",
                selector, text);
        }
        catch (WaitTaskTimeoutException)
        {
            Assert.Fail(
                $"No '{selector}' contains '{text}' on the page: "
                    + $"{await page.EvaluateExpressionAsync<string>("document.querySelector('main').innerText")}");
        }
    }

    /// <summary>Returns the number of curves that are drawn, by the titles of their charts.</summary>
    public static Task<string[]> ChartsAsync(this IPage page) =>
        page.EvaluateExpressionAsync<string[]>(
            "[...charts.values()].map(each => `${each.card.querySelector('h3').textContent}: "
                + "${each.legend.querySelectorAll('.dot').length}`)");

    /// <summary>Stores a picture of the whole page, if FULGURITE_PICTURES names a folder.</summary>
    public static async Task KeepPictureAsync(this IPage page, string name)
    {
        if (Environment.GetEnvironmentVariable("FULGURITE_PICTURES") is { Length: > 0 } folder)
        {
            Directory.CreateDirectory(folder);
            await page.ScreenshotAsync(Path.Combine(folder, name + ".png"), new ScreenshotOptions { FullPage = true });
        }
    }
}
