using static TorchSharp.torch;

namespace Fulgurite.Bench.Exactness;

/// <summary>The models that are measured: those of which products are most, and one of which they are little.</summary>
internal static class ExactnessModels
{
    public static IReadOnlyList<(string Name, Func<ExactnessModel> Make)> All { get; } =
    [
        ("Linear(32, 2), batch of 8", () => Linear(32, 2, 8)),
        ("Linear(1024, 1024), batch of 64", () => Linear(1024, 1024, 64)),
        ("LSTM(64, 128), 20 steps, batch of 32", Lstm),
        ("Conv2d(16, 32, 3), 32 x 32, batch of 8", Convolution),
        ("Embedding(5000, 64) and Linear(64, 100), batch of 256", Embedding),
    ];

    private static ExactnessModel Linear(int inputs, int outputs, int batch)
    {
        var layer = nn.Linear(inputs, outputs);
        return new ExactnessModel(layer, rand(batch, inputs), input => layer.call(input));
    }

    private static ExactnessModel Lstm()
    {
        var layer = nn.LSTM(64, 128, batchFirst: true);
        return new ExactnessModel(layer, rand(32, 20, 64), input => layer.call(input).Item1);
    }

    private static ExactnessModel Convolution()
    {
        var layer = nn.Conv2d(16, 32, 3);
        return new ExactnessModel(layer, rand(8, 16, 32, 32), input => layer.call(input));
    }

    private static ExactnessModel Embedding()
    {
        var layers = nn.Sequential(nn.Embedding(5000, 64), nn.Linear(64, 100));
        return new ExactnessModel(layers, randint(0, 5000, 256), input => layers.call(input));
    }
}
