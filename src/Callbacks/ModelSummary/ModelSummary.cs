using System.ComponentModel.DataAnnotations;

namespace Fulgurite.Callbacks;

/// <summary>Shows the parts of the module with their parameters when a fit begins.</summary>
[Plugin("model-summary")]
public sealed partial class ModelSummary : Callback, IConfigurable<ModelSummaryOptions>
{
    private readonly ILogger _log;
    private readonly TextWriter? _writer;

    /// <summary>Makes a callback that shows the table in the log.</summary>
    /// <param name="options">How deep; null for the defaults.</param>
    /// <param name="logger">The log; null for nowhere, so that only <see cref="Table"/> is there.</param>
    /// <exception cref="ArgumentException">An option is not allowed.</exception>
    public ModelSummary(ModelSummaryOptions? options = null, ILogger<ModelSummary>? logger = null)
    {
        Options = CheckedOptions.OrDefault(options);
        _log = logger ?? NullLogger<ModelSummary>.Instance;
    }

    /// <summary>Makes a callback that writes the table.</summary>
    /// <param name="writer">Where to; the caller owns it.</param>
    /// <param name="options">How deep; null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is not allowed.</exception>
    public ModelSummary(TextWriter writer, ModelSummaryOptions? options = null)
        : this(options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        _writer = writer;
    }

    /// <inheritdoc/>
    public ModelSummaryOptions Options { get; }

    /// <summary>The table of the newest fit; null before the first.</summary>
    public ModuleTable? Table { get; private set; }

    /// <inheritdoc/>
    public override void OnFitStart(OnFitStartArguments arguments)
    {
        Table = ModuleTable.Of(arguments.Module, Options.MaxDepth);
        if (_writer is not null)
        {
            _writer.WriteLine(Table);
        }
        else
        {
            LogTable(_log, arguments.Module.GetType().Name, Table);
        }
    }

    [LoggerMessage(1120, LogLevel.Information, "{Module}\n{Table}")]
    private static partial void LogTable(ILogger logger, string module, ModuleTable table);
}

/// <summary>How a <see cref="ModelSummary"/> shows a module.</summary>
public sealed class ModelSummaryOptions
{
    /// <summary>How many levels of parts are shown: 1 for the module's own parts, 0 for the sums only, -1 for all. Default: 1.</summary>
    [Range(-1, 1000)]
    public int MaxDepth { get; set; } = 1;
}
