using Fulgurite;
using Fulgurite.Metrics;
using Fulgurite.Schedulers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace CharacterLanguageModel;

/// <summary>Predicts the next character with a gated recurrent unit.</summary>
internal sealed class CharacterModel : TrainingModule<Tensor>
{
    private readonly Embedding _embedding;
    private readonly GRU _memory;
    private readonly Dropout _dropout = nn.Dropout(0.1);
    private readonly Linear _scores;
    private readonly Perplexity _perplexity;

    public CharacterModel(int characters, int width)
        : base(nameof(CharacterModel))
    {
        _embedding = nn.Embedding(characters, 32);
        _memory = nn.GRU(32, width, batchFirst: true);
        _scores = nn.Linear(width, characters);
        _perplexity = RegisterMetric("perplexity", new Perplexity());
        RegisterComponents();
    }

    public override OptimizerSetup ConfigureOptimizers()
    {
        var adam = optim.AdamW(parameters(), lr: 5e-3);
        var steps = Trainer.EstimatedSteppingBatches!.Value;
        var warmUp = steps / 20;
        var schedule = new SequentialLR(
            adam,
            [new LinearLR(adam, startFactor: 0.01, totalIterations: warmUp), new CosineAnnealingLR(adam, steps - warmUp)],
            milestones: [warmUp]);
        return new OptimizerSetup(adam, new SchedulerConfiguration(schedule) { Interval = SchedulerInterval.Step });
    }

    public override Tensor TrainingStep(Tensor batch, int batchIndex)
    {
        var loss = Loss(batch);
        Log("train_loss", loss);
        return loss;
    }

    public override void ValidationStep(Tensor batch, int batchIndex)
    {
        _perplexity.Update(Loss(batch).item<float>(), tokens: batch.shape[0]);
        Log("val_perplexity", _perplexity, progressBar: true);
    }

    /// <summary>Continues a text, one sampled character at a time.</summary>
    /// <param name="prompt">The numbers of the initial characters.</param>
    /// <param name="count">The number of characters to add.</param>
    /// <param name="temperature">Below one, likely characters are preferred; above one, unlikely ones occur more often.</param>
    /// <returns>The numbers of the characters, including the prompt.</returns>
    public IReadOnlyList<long> Continue(long[] prompt, int count, double temperature)
    {
        eval();
        using var withoutGradients = no_grad();
        using var scope = NewDisposeScope();
        List<long> text = [.. prompt];
        var (scores, hidden) = Scores(tensor(prompt).unsqueeze(0), hidden: null);
        for (var added = 0; added < count; added++)
        {
            var next = multinomial((scores[0, -1] / temperature).softmax(0), 1);
            text.Add(next.item<long>());

            // The hidden state contains the previous characters: only the new one is needed.
            (scores, hidden) = Scores(next.unsqueeze(0), hidden);
        }

        return text;
    }

    private Tensor Loss(Tensor batch)
    {
        var (scores, _) = Scores(batch[.., ..^1], hidden: null);
        return nn.functional.cross_entropy(scores.flatten(0, 1), batch[.., 1..].flatten());
    }

    private (Tensor Scores, Tensor Hidden) Scores(Tensor characters, Tensor? hidden)
    {
        var (outputs, last) = _memory.call(_embedding.call(characters), hidden);
        return (_scores.call(_dropout.call(outputs)), last);
    }
}
