using CharacterLanguageModel;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite.Bench.Training;

/// <summary>
/// The layers of the CharacterLanguageModel sample on its text, with its batch size, clipping and learning rate; the rate is constant.
/// </summary>
internal sealed class CharacterWork : TrainingWork<Tensor>
{
    private const int Width = 128;
    private const double Rate = 5e-3;

    // The default of PyTorch and of FusedAdamW; that of TorchSharp is 0.
    private const double Decay = 1e-2;

    private readonly Corpus _corpus = Corpus.Read(Path.Combine(AppContext.BaseDirectory, "text"));

    /// <param name="batches">The number of batches in an epoch at most.</param>
    public CharacterWork(int batches)
    {
        Batches = new FirstBatches<Tensor>(_corpus.TrainingWindows(batchSize: 32), batches);
        ValidationBatches = _corpus.ValidationWindows(batchSize: 64);
    }

    public override IBatchSource<Tensor> Batches { get; }

    public override IEnumerable<Tensor> ValidationBatches { get; }

    public override double? ClipNorm => 1;

    public override nn.Module<Tensor, Tensor> CreateNetwork() => new Network(_corpus.Alphabet.Length);

    public override optim.Optimizer CreateOptimizer(nn.Module network, bool isFused) => isFused
        ? new FusedAdamW(network.parameters(), Rate, weight_decay: Decay)
        : optim.AdamW(network.parameters(), Rate, weight_decay: Decay);

    public override Tensor Loss(nn.Module<Tensor, Tensor> network, Tensor batch) =>
        nn.functional.cross_entropy(network.call(batch[.., ..^1]).flatten(0, 1), batch[.., 1..].flatten());

    private sealed class Network : nn.Module<Tensor, Tensor>
    {
        private readonly Embedding _embedding;
        private readonly GRU _memory;
        private readonly Dropout _dropout = nn.Dropout(0.1);
        private readonly Linear _scores;

        public Network(int characters)
            : base(nameof(Network))
        {
            _embedding = nn.Embedding(characters, 32);
            _memory = nn.GRU(32, Width, batchFirst: true);
            _scores = nn.Linear(Width, characters);
            RegisterComponents();
        }

        public override Tensor forward(Tensor characters)
        {
            var (outputs, _) = _memory.call(_embedding.call(characters), null);
            return _scores.call(_dropout.call(outputs));
        }
    }
}
