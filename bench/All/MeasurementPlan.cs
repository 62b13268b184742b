namespace Fulgurite.Bench.All;

/// <summary>What <c>all</c> measures, in order; about 30 minutes on two idle cores.</summary>
internal static class MeasurementPlan
{
    public static IReadOnlyList<Measurement> Measurements { get; } =
    [
        new("loop", "loop --rounds 9", "loop --steps 300 --rounds 1", PeerUse.Beside),
        new("training", "training --epochs 1 --rounds 5", "training --batches 4 --epochs 1 --rounds 1"),
        new("precision", "precision --rounds 7", "precision --steps 1 --rounds 1"),
        new("optim", "optim --rounds 9", "optim --scale 0.01 --rounds 1", PeerUse.Beside),
        new("exactness", "exactness --rounds 7", "exactness --rounds 1 --ms 20"),
        new("prefetch", "prefetch --steps 40 --rounds 3", "prefetch --steps 6 --rounds 1"),
        new("capture-few", "capture --shape few --mb 512 --rounds 7", "capture --shape few --mb 16 --rounds 1"),
        new("capture-many", "capture --shape many --mb 512 --rounds 7", "capture --shape many --mb 16 --rounds 1"),
        .. Files("torch", PeerUse.Beside),
        .. Files("safetensors", PeerUse.None),
        .. Resumes("torch", PeerUse.Beside),
        .. Resumes("safetensors", PeerUse.None),
        new("cold", "cold --rounds 7", "cold --mb 12 --rounds 1"),
        new("incremental", "incremental --rounds 5", "incremental --mb 8 --chain 3 --rounds 1"),
        new("stall-0", "stall --steps 20 --rounds 2", "stall --width 256 --layers 2 --steps 12 --every 4 --rounds 1", PeerUse.Beside),
        new(
            "stall-1", "stall --state-gb 1 --io none torch async --batch 32 --steps 8 --every 4 --rounds 1",
            "stall --state-gb 0.02 --steps 8 --every 4 --rounds 1", PeerUse.Beside),
        new(
            "stall-4", "stall --state-gb 4 --io none async --batch 8 --steps 6 --every 3 --rounds 1",
            "stall --state-gb 0.04 --io none async --steps 8 --every 4 --rounds 1"),

        // Not beside ours: this state three times over, in both, is more than many machines hold.
        new(
            "stall-4-peers", "stall --state-gb 4 --peers-only --batch 8 --steps 6 --every 3 --rounds 1",
            "stall --state-gb 0.04 --peers-only --steps 8 --every 4 --rounds 1", PeerUse.Alone),
        new("paired", "stall --paired", "stall --paired --state-gb 0.01 --seconds 1"),
        new("paired-fused", "stall --paired --optimizer fused", "stall --paired --optimizer fused --state-gb 0.01 --seconds 1"),
        new("saturated", "stall --saturated", "stall --saturated --state-gb 0.005 --saves 30"),
        new("policies", "policies --steps 40", "policies --width 256 --layers 2 --steps 8 --every 4"),
        new("dist", "dist", "dist --width 128 --layers 2 --steps 4"),
        new("objects", "objects --mb 256 --rounds 3 --delay 5", "objects --mb 16 --rounds 1 --delay 1"),
        new(
            "xml",
            "xml --shape amazoncat-0 --optimizer sparse --chain 20 --validations 20 --every 3 --rounds 1 --arms none torch incremental",
            "xml --scale 0.002 --validations 2 --every 1 --batch 1 --tokens 4 --rounds 1 --arms none torch incremental"),

        // Not beside ours, and without the other arms: all together are more than 24 GiB.
        new(
            "xml-python",
            "xml --shape amazoncat-0 --optimizer sparse --validations 20 --every 3 --rounds 1 --arms python-none python-torch-save",
            "xml --scale 0.002 --validations 2 --every 1 --batch 1 --tokens 4 --rounds 1 --arms python-none python-torch-save",
            PeerUse.Alone),
        new(
            "xml-baselines",
            "xml-baselines --min-label-frequency 50 --epochs 1",
            "xml-baselines --generate small --max-documents 600 --min-label-frequency 10 --levels 2 --epochs 1"),
        new(
            "crash",
            "crash --kills 100 --disturbances 4 --states 100000 --disks 200 --tree-kills 10",
            "crash --kills 2 --states 2000 --no-faults"),
    ];

    private static IEnumerable<Measurement> Files(string format, PeerUse peers)
    {
        // Many is 20,000 tensors of 16 KiB.
        foreach (var (shape, megabytes) in new[] { ("few", 1024), ("transformer", 1024), ("many", 313), ("tied", 1024) })
        {
            yield return new Measurement(
                $"files-{format}-{shape}",
                $"files --format {format} --shape {shape} --mb {megabytes} --rounds 3",
                $"files --format {format} --shape {shape} --mb 16 --rounds 1",
                peers);
        }
    }

    private static IEnumerable<Measurement> Resumes(string format, PeerUse peers)
    {
        foreach (var shape in new[] { "few", "transformer", "many" })
        {
            yield return new Measurement(
                $"resume-{format}-{shape}",
                $"resume --format {format} --shape {shape} --rounds 3",
                $"resume --format {format} --shape {shape} --mb 16 --rounds 1",
                peers);
        }

        yield return new Measurement(
            $"resume-{format}-fused",
            $"resume --format {format} --shape transformer --optimizer fused --rounds 3",
            $"resume --format {format} --shape transformer --optimizer fused --mb 48 --rounds 1");
    }
}
