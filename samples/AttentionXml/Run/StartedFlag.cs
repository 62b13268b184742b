using Fulgurite.Callbacks;

namespace AttentionXml.Run;

/// <summary>Tells a run that could not begin from one that went wrong later.</summary>
internal sealed class StartedFlag : Callback
{
    public bool IsSet { get; private set; }

    public override void OnTrainStart(OnTrainStartArguments arguments) => IsSet = true;
}
