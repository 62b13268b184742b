using Fulgurite.State;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Cli;

/// <summary>Checkpoints of this framework's own layout, without a training.</summary>
internal static class Samples
{
    private const string Key = "ModelCheckpoint{'monitor': 'val_acc', 'mode': 'max', 'every_n_train_steps': 0, 'filename': '{epoch}'}";

    public static TrainingState State(long step, double score, string name, float first = 0)
    {
        var weight = TensorData.FromValues<float>([first, 2, 3, 4, 5, 6], ScalarType.Float32, 2, 3);
        return new TrainingState(new StateMap
        {
            ["epoch"] = step / 10,
            ["global_step"] = step,
            ["pytorch-lightning_version"] = "2.2.0",
            ["state_dict"] = new StateMap
            {
                ["layer.weight"] = weight,
                ["layer.tied"] = weight,
                ["count"] = TensorData.FromValues<long>([7], ScalarType.Int64),
            },
            ["optimizer_states"] = new StateList(
                [
                    new StateMap
                    {
                        ["state"] = new StateMap
                        {
                            [0] = new StateMap { ["step"] = TensorData.FromValues<float>([70_000], ScalarType.Float32) },
                        },
                    },
                ]),
            ["callbacks"] = new StateMap
            {
                [Key] = new StateMap { ["monitor"] = "val_acc", ["best_k_models"] = new StateMap { [name] = score } },
            },
            ["fulgurite"] = new StateMap { ["version"] = 1 },
        });
    }

    public static void WriteTorch(string path, TrainingState state) =>
        new TorchCheckpointIO().SaveCheckpointAsync(state, path, null, default).GetAwaiter().GetResult();

    public static void WriteSafetensors(string path, TrainingState state) =>
        new SafetensorsCheckpointIO().SaveCheckpointAsync(state, path, null, default).GetAwaiter().GetResult();

    /// <summary>A run of three checkpoints, the best in the middle.</summary>
    public static void WriteRun(string folder)
    {
        foreach (var (step, score) in new[] { (10L, 0.5), (20L, 0.9), (30L, 0.7) })
        {
            var name = $"step={step}.ckpt";
            WriteTorch(Path.Combine(folder, name), State(step, score, name, step));
        }
    }

    /// <summary>Changes a byte of a file.</summary>
    public static void Damage(string path, long offset)
    {
        using var file = File.Open(path, FileMode.Open);
        file.Position = offset;
        var value = file.ReadByte();
        file.Position = offset;
        file.WriteByte((byte)(value ^ 0x10));
    }

    /// <summary>Where bytes are in a file.</summary>
    public static long Find(string path, ReadOnlySpan<byte> bytes) => File.ReadAllBytes(path).AsSpan().IndexOf(bytes);
}
