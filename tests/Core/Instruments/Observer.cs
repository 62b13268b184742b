using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Fulgurite.Tests.Core.Instruments;

/// <summary>Hears what the meter and the activities of this framework tell of one trainer, while others run.</summary>
internal sealed class Observer : IDisposable
{
    private readonly MeterListener _meters = new();
    private readonly ActivityListener _activities;
    private readonly string _trainer;

    public Observer(string trainer)
    {
        _trainer = trainer;
        _meters.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == "Fulgurite")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _meters.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
        _meters.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        _meters.Start();
        _activities = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Fulgurite",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                if (activity.GetTagItem("training.trainer") is string named && named == _trainer)
                {
                    Spans.Enqueue(activity);
                }
            },
        };
        ActivitySource.AddActivityListener(_activities);
    }

    public ConcurrentQueue<(string Instrument, double Value, IReadOnlyDictionary<string, object?> Tags)> Measurements { get; } = [];

    public ConcurrentQueue<Activity> Spans { get; } = [];

    public List<double> Of(string instrument, string? tag = null, string? value = null) =>
        [
            .. Measurements.Where(
                one => one.Instrument == instrument && (tag is null || Equals(one.Tags[tag], value))).Select(one => one.Value),
        ];

    public void Dispose()
    {
        _meters.Dispose();
        _activities.Dispose();
    }

    private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var all = tags.ToArray().ToDictionary();
        if (all.TryGetValue("training.trainer", out var named) && Equals(named, _trainer))
        {
            Measurements.Enqueue((instrument.Name, value, all));
        }
    }
}
