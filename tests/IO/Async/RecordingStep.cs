namespace Fulgurite.Tests.IO.Async;

/// <summary>A step that copies when it finishes.</summary>
internal sealed unsafe class RecordingStep : IStepCopies
{
    private readonly List<Action> _steps = [];

    public List<long> Lengths { get; } = [];

    public bool TryAdd(nint source, nint target, long byteLength)
    {
        Lengths.Add(byteLength);
        _steps.Add(() => Buffer.MemoryCopy((void*)source, (void*)target, byteLength, byteLength));
        return true;
    }

    public void Then(Action completed) => _steps.Add(completed);

    public void Finish()
    {
        _steps.ForEach(step => step());
        _steps.Clear();
    }
}
