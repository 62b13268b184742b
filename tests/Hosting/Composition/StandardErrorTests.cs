using System.Globalization;

namespace Fulgurite.Tests.Hosting.Composition;

/// <summary>Warnings and errors of a program that says nothing about logging are on its error stream.</summary>
[TestClass]
[DoNotParallelize]
public sealed class StandardErrorTests : IDisposable
{
    private readonly StringWriter _error = new(CultureInfo.InvariantCulture);
    private readonly TextWriter _before = Console.Error;
    private readonly string _root = Directory.CreateTempSubdirectory("fulgurite-stderr").FullName;

    public StandardErrorTests() => Console.SetError(_error);

    public void Dispose()
    {
        Console.SetError(_before);
        Directory.Delete(_root, recursive: true);
        _error.Dispose();
    }

    [TestMethod]
    public void Create_Nothing_WarningsOfTrainerAndPartsAreOnTheErrorStream()
    {
        using (var trainer = Trainer.Create(Compose))
        {
            Fit(trainer);
        }

        Assert.Contains("warning (EarlyStopping): ", _error.ToString());
        Assert.AreEqual(1, Lines(), "nothing but warnings and errors");
        using (var trainer = Trainer.Create(Compose))
        {
            Fit(trainer);
        }

        Assert.Contains("warning (ModelCheckpoint): ", _error.ToString(), "of the default callback too");
    }

    [TestMethod]
    public void AddTrainer_BareServices_WarningsAreOnTheErrorStream()
    {
        var services = new ServiceCollection();
        Compose(services.AddTrainer());
        Compose(services.AddTrainer("second"));
        using var provider = services.BuildServiceProvider();

        Fit(provider.GetRequiredService<Trainer>());

        Assert.AreEqual(1, Lines(), "each once, however many trainers there are");
    }

    [TestMethod]
    [DataRow(true, DisplayName = "before")]
    [DataRow(false, DisplayName = "after")]
    public void AddTrainer_ProviderIsGiven_TakesAll(bool first)
    {
        var services = new ServiceCollection();
        var messages = new Messages();
        void AddProvider() => services.AddLogging(logging => logging.AddProvider(messages));
        if (first)
        {
            AddProvider();
        }

        Compose(services.AddTrainer());
        if (!first)
        {
            AddProvider();
        }

        using var provider = services.BuildServiceProvider();

        Fit(provider.GetRequiredService<Trainer>());

        Assert.AreEqual(0, Lines());
        Assert.IsNotEmpty(messages.All);
    }

    [TestMethod]
    public void Create_ProviderIsGiven_TakesAll()
    {
        var messages = new Messages();

        using var trainer = Trainer.Create(builder =>
        {
            builder.Services.AddLogging(logging => logging.AddProvider(messages));
            Compose(builder);
        });
        Fit(trainer);

        Assert.AreEqual(0, Lines());
        Assert.IsNotEmpty(messages.All);
    }

    [TestMethod]
    public void AddTrainer_ProvidersAreCleared_SaysNothing()
    {
        using var trainer = Trainer.Create(builder =>
        {
            Compose(builder);
            builder.Services.AddLogging(logging => logging.ClearProviders());
        });
        Fit(trainer);

        Assert.AreEqual(0, Lines());
    }

    [TestMethod]
    public void AddTrainer_InAHost_LeavesItToTheProvidersOfTheHost()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Services.AddTrainer();
        using var host = builder.Build();

        host.Services.GetRequiredService<ILoggerFactory>().CreateLogger("a").LogWarning("of the host");

        Assert.DoesNotContain("warning (a)", _error.ToString());
    }

    [TestMethod]
    public void Log_Exception_IsALineWithItsCauses()
    {
        var services = new ServiceCollection();
        services.AddTrainer();
        using var provider = services.BuildServiceProvider();
        var log = provider.GetRequiredService<ILoggerFactory>().CreateLogger("One.Two");

        log.LogError(new InvalidOperationException("outer", new IOException("inner")), "It failed");
        log.LogInformation("for nobody");

        Assert.AreEqual("error (Two): It failed (InvalidOperationException: outer) (IOException: inner)" + Environment.NewLine,
            _error.ToString());
    }

    private void Compose(ITrainerBuilder builder) => builder
        .Configure(options => (options.MaxEpochs, options.DefaultRootDirectory) = (1, _root))
        .AddCallback<EarlyStopping>(options => (options.Monitor, options.Strict) = ("never", false));

    private int Lines() => _error.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;

    private static void Fit(Trainer trainer)
    {
        using var module = new TinyModule();
        trainer.Fit(module, TinyModule.Data(4).ToList());
    }

    private sealed class Messages : ILoggerProvider, ILogger
    {
        public List<string> All { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter) =>
            All.Add(formatter(state, exception));

        public void Dispose()
        {
        }
    }
}
