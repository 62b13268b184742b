using System.Diagnostics.Metrics;
using System.Globalization;
using static TorchSharp.torch;

namespace Fulgurite.Tests.StepWatch;

/// <summary>
/// Writes live tensors and memory of a process to a file, one line at the end of every optimizer step, by the meter of the trainer.
/// </summary>
/// <remarks>
/// Lines: <c>run COUNT</c> where the program begins, with the tensors that are alive then; <c>step COUNT RSS MANAGED</c>, with the tensors
/// that are alive besides those; <c>end COUNT RSS MANAGED</c> after the last run and a garbage collection.
/// </remarks>
internal sealed class Watch : IDisposable
{
    /// <summary>The variable with the file to write.</summary>
    public const string FileVariable = "FULGURITE_STEPWATCH_FILE";

    private readonly MeterListener _listener = new();
    private readonly StreamWriter _lines;

    // Written where a run begins, and read by the thread that trains, which that run starts.
    private long _before;

    public Watch(string file)
    {
        _lines = new StreamWriter(file);
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument is { Meter.Name: "Fulgurite", Name: "training.step.duration" })
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };

        // The trainer records on the thread of the run, at the end of the step.
        _listener.SetMeasurementEventCallback<double>((_, _, _, _) => Write("step"));
        _listener.Start();
    }

    /// <summary>The program begins.</summary>
    public void BeginRun()
    {
        Collect();
        _before = Tensor.TotalCount;
        _lines.WriteLine(string.Create(CultureInfo.InvariantCulture, $"run {_before}"));
    }

    public void Dispose()
    {
        _listener.Dispose();
        Collect();
        Write("end");
        _lines.Dispose();
    }

    private static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }

    private void Write(string what) => _lines.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{what} {Tensor.TotalCount - _before} {Environment.WorkingSet} {GC.GetTotalMemory(forceFullCollection: false)}"));
}
