using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace AttentionXml.Model;

/// <summary>
/// Label-wise attention over a bidirectional LSTM (You et al., AttentionXML, 2019): every label attends to its relevant words and gets its
/// own summary of the document, which a small network, shared by all labels, scores.
/// </summary>
internal sealed class AttentionXmlNetwork : Module<Tensor, Tensor>
{
    // A document has about 3 of 562 labels: starting near that saves the first steps from learning the low base rate.
    private const float InitialOutputBias = -5;

    private const double InitialWordDeviation = 0.1;

    private readonly bool _addsAttention;

    // The names are those in checkpoints.
    [ComponentName(Name = "embedding")]
    private readonly Embedding _embedding;

    [ComponentName(Name = "lstm")]
    private readonly LSTM _lstm;

    [ComponentName(Name = "attention")]
    private readonly Embedding _attention;

    [ComponentName(Name = "mlp")]
    private readonly Linear _mlp;

    [ComponentName(Name = "output")]
    private readonly Linear _output;

    [ComponentName(Name = "dropout")]
    private readonly Dropout _dropout;

    /// <param name="words">The number of words in the vocabulary, including padding and unknown.</param>
    /// <param name="labels">The number of labels.</param>
    /// <param name="sizes">The other sizes.</param>
    /// <param name="sparse">Whether gradients contain only the rows of a batch. The optimizers of TorchSharp do not take these.</param>
    public AttentionXmlNetwork(int words, int labels, NetworkSizes sizes, bool sparse = true)
        : base(nameof(AttentionXmlNetwork))
    {
        _embedding = Embedding(words, sizes.Embedding, padding_idx: Data.Vocabulary.Padding, sparse: sparse);
        _lstm = LSTM(sizes.Embedding, sizes.Hidden, batchFirst: true, bidirectional: true);
        _attention = Embedding(labels, 2 * sizes.Hidden, sparse: sparse);
        _mlp = Linear(2 * sizes.Hidden, sizes.Mlp);
        _output = Linear(sizes.Mlp, 1);
        _dropout = Dropout(sizes.Dropout);
        _addsAttention = sizes.AddsAttention;
        InitializeEmbedding();
        init.xavier_uniform_(_attention.weight);
        init.constant_(_output.bias, InitialOutputBias);
        RegisterComponents();
    }

    /// <summary>Scores every label for every document.</summary>
    /// <param name="words">Int64, documents x words, padded with 0 at the end; at least one word each.</param>
    /// <returns>Documents x labels: the log-odds of each label.</returns>
    public override Tensor forward(Tensor words)
    {
        using var scope = NewDisposeScope();
        var states = Encode(words);
        return Summarize(words, states, functional.linear(states, _attention.weight!).transpose(1, 2)).MoveToOuterDisposeScope();
    }

    /// <summary>Scores some labels for every document; only their attention is computed.</summary>
    /// <param name="words">Int64, documents x words, padded with 0 at the end; at least one word each.</param>
    /// <param name="candidates">Int64, documents x candidates: the labels.</param>
    /// <returns>Documents x candidates: the log-odds of each candidate.</returns>
    public Tensor Score(Tensor words, Tensor candidates)
    {
        using var scope = NewDisposeScope();
        var states = Encode(words);
        var attention = _attention.call(candidates).matmul(states.transpose(1, 2));
        return Summarize(words, states, attention).MoveToOuterDisposeScope();
    }

    /// <summary>Starts with the weights of the level above. The attention of a node is that of its parent.</summary>
    /// <param name="above">A network of the same sizes.</param>
    /// <param name="parents">Int64: the parent of every node.</param>
    public void StartFrom(AttentionXmlNetwork above, Tensor parents)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var source = above.state_dict();
        foreach (var (name, weight) in state_dict())
        {
            weight.copy_(name == "attention.weight" ? source[name].index_select(0, parents) : source[name]);
        }
    }

    /// <summary>Starts with these word vectors.</summary>
    public void StartFrom(Tensor wordVectors)
    {
        using var noGradient = no_grad();
        _embedding.weight!.copy_(wordVectors);
    }

    // The default of variance 1 is more than the steps of a rare word can change.
    private void InitializeEmbedding()
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        init.normal_(_embedding.weight, 0, InitialWordDeviation);
        _embedding.weight!.select(0, Data.Vocabulary.Padding).zero_();
    }

    private Tensor Encode(Tensor words)
    {
        var (states, _, _) = _lstm.call(_dropout.call(_embedding.call(words)));
        return _dropout.call(states);
    }

    private Tensor Summarize(Tensor words, Tensor states, Tensor attention)
    {
        // Variables: the collector may free a number that only a call holds (docs/training.md, "A fault of TorchSharp").
        using Scalar paddingWord = Data.Vocabulary.Padding, lowest = float.NegativeInfinity, none = 0, one = 1;
        var padding = words.eq(paddingWord).unsqueeze(1);
        var weights = attention.masked_fill(padding, lowest).softmax(-1);

        // The first layer of the shared network precedes the weighted sum: both are linear and the weights of a label sum to 1, so the
        // result is the same, and the sum is over vectors of its width instead of the LSTM's.
        var summaries = weights.matmul(_mlp.call(states));
        var scores = _output.call(functional.relu(summaries)).squeeze(-1);

        // The shared network has no weights of a label: it tells that the label found something to attend to, not how well that fits. In
        // short documents, every label attends to the few words that there are.
        return _addsAttention ? scores.add((weights * attention.masked_fill(padding, none)).sum(-1), alpha: one) : scores;
    }
}
