using Microsoft.Extensions.Logging;

namespace Fulgurite.Composition;

/// <summary>What composition says.</summary>
internal static partial class CompositionLog
{
    [LoggerMessage(5100, LogLevel.Debug, "{Trainer} is made of:\n{Description}")]
    public static partial void Composed(ILogger logger, string trainer, TrainerDescription description);
}
