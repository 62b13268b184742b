namespace Fulgurite.Tests.Callbacks.Conformance;

/// <summary>Counts how often its state is asked for.</summary>
internal sealed class StateCounter : Callback
{
    public int Asked { get; private set; }

    /// <summary>How often before the first batch: an asynchronous storage looks at a state to make ready.</summary>
    public int AskedBeforeTraining { get; private set; }

    public override StateMap StateDict() => new() { ["asked"] = ++Asked };

    public override void OnTrainStart(OnTrainStartArguments arguments) => AskedBeforeTraining = Asked;
}
