using System.Text.Json.Nodes;
using Fulgurite.Bench.Measuring;

namespace Fulgurite.Bench.Dist;

/// <summary>The milliseconds of a save.</summary>
internal sealed record SaveTimes
{
    /// <summary>Gets the time in which the state was assembled, with what other processes contribute.</summary>
    public double State { get; init; }

    /// <summary>Gets the time in which the state was captured.</summary>
    public double Capture { get; init; }

    /// <summary>Gets, of that, the time to match the plan of the copies.</summary>
    public double Plan { get; init; }

    /// <summary>Gets, of the capture, the time of the copies that the training waited for.</summary>
    public double Copy { get; init; }

    /// <summary>Gets the time of the division into parts, or of the agreement on the name.</summary>
    public double Rest { get; init; }

    /// <summary>Gets the sum of state, capture and rest: the training waited before it continued.</summary>
    public double Stall { get; init; }

    /// <summary>Gets the processor time of the training thread, on Linux: less than <see cref="Stall"/> if it waited.</summary>
    public double Processor { get; init; }

    /// <summary>Gets the time for which the training waited at its next change of parameters.</summary>
    public double Fence { get; init; }

    /// <summary>Gets the time of a step boundary at which the processes exchange how far the save is.</summary>
    public double Settle { get; init; }

    /// <summary>Gets the time until the checkpoint was durable.</summary>
    public double Durable { get; init; }

    /// <summary>Gets the number of times that the save waited for the other processes.</summary>
    public double Exchanges { get; init; }

    /// <summary>Gets the shortest <see cref="Stall"/>.</summary>
    public double Shortest { get; init; }

    /// <summary>Returns the median of each time.</summary>
    public static SaveTimes MediansOf(List<SaveTimes> all)
    {
        double Median(Func<SaveTimes, double> of) => Arms.Median(all.ConvertAll(times => of(times)));
        return new SaveTimes
        {
            State = Median(times => times.State),
            Capture = Median(times => times.Capture),
            Plan = Median(times => times.Plan),
            Copy = Median(times => times.Copy),
            Rest = Median(times => times.Rest),
            Stall = Median(times => times.Stall),
            Processor = Median(times => times.Processor),
            Fence = Median(times => times.Fence),
            Settle = Median(times => times.Settle),
            Durable = Median(times => times.Durable),
            Exchanges = Median(times => times.Exchanges),
            Shortest = all.Min(times => times.Stall),
        };
    }

    /// <summary>Adds them to a result.</summary>
    public void AddTo(JsonObject line, string prefix)
    {
        line[prefix + "save_ms"] = JsonLine.Round(Stall);
        line[prefix + "save_ms_min"] = JsonLine.Round(Shortest);
        line[prefix + "save_state_ms"] = JsonLine.Round(State);
        line[prefix + "save_capture_ms"] = JsonLine.Round(Capture);
        line[prefix + "save_plan_ms"] = JsonLine.Round(Plan);
        line[prefix + "save_copy_ms"] = JsonLine.Round(Copy);
        line[prefix + "save_rest_ms"] = JsonLine.Round(Rest);
        line[prefix + "save_cpu_ms"] = JsonLine.Round(Processor);
        line[prefix + "save_fence_ms"] = JsonLine.Round(Fence);
        line[prefix + "save_exchanges"] = Exchanges;
        line[prefix + "settle_ms"] = JsonLine.Round(Settle);
        line[prefix + "durable_ms"] = JsonLine.Round(Durable);
    }
}
