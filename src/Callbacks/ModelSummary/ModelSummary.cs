using System.ComponentModel.DataAnnotations;

namespace Fulgurite.Callbacks;

/// <summary>Shows the submodules with their parameters when a fit begins.</summary>
[Plugin("model-summary")]
public sealed partial class ModelSummary : Callback, IConfigurable<ModelSummaryOptions>
{
    private readonly ILogger _log;
    private readonly TextWriter? _writer;

    /// <summary>Initializes a new instance of the <see cref="ModelSummary"/> class that writes the table to the log.</summary>
    /// <param name="options">The options; null for the defaults.</param>
    /// <param name="logger">The logger; null to provide only <see cref="Table"/>.</param>
    /// <exception cref="ArgumentException">An option is invalid.</exception>
    public ModelSummary(ModelSummaryOptions? options = null, ILogger<ModelSummary>? logger = null)
    {
        Options = CheckedOptions.OrDefault(options);
        _log = logger ?? NullLogger<ModelSummary>.Instance;
    }

    /// <summary>Initializes a new instance of the <see cref="ModelSummary"/> class that writes the table to a writer.</summary>
    /// <param name="writer">The writer; the caller owns it.</param>
    /// <param name="options">The options; null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is invalid.</exception>
    public ModelSummary(TextWriter writer, ModelSummaryOptions? options = null)
        : this(options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        _writer = writer;
    }

    /// <inheritdoc/>
    public ModelSummaryOptions Options { get; }

    /// <summary>Gets the table of the newest fit; null before the first.</summary>
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

/// <summary>Options of <see cref="ModelSummary"/>.</summary>
public sealed class ModelSummaryOptions
{
    /// <summary>Gets or sets the number of levels: 1 for the direct submodules, 0 for totals only, -1 for all.</summary>
    /// <value>The default is 1.</value>
    [Range(-1, 1000)]
    public int MaxDepth { get; set; } = 1;
}
