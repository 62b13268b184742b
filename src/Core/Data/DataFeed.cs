using Fulgurite.State;

namespace Fulgurite.Data;

/// <summary>The training data of a run, as far as checkpoints are concerned.</summary>
internal abstract class DataFeed
{
    /// <summary>What a checkpoint keeps of the data; null where its position, which is counted, says everything.</summary>
    public abstract StateMap? StateDict();

    /// <summary>Goes on from what <see cref="StateDict"/> gave.</summary>
    public abstract void LoadStateDict(StateMap state);
}
