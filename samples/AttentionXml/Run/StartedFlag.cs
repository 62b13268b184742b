using Fulgurite;

namespace AttentionXml.Run;

/// <summary>Distinguishes a run that could not start from one that failed later.</summary>
internal sealed class StartedFlag : Callback
{
    public bool IsSet { get; private set; }

    public override void OnTrainStart(OnTrainStartArguments arguments) => IsSet = true;
}
