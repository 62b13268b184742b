using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class utils
        {
            public static partial class rnn
            {
                /// <param name="input">[steps, batch, ...], or [batch, steps, ...] with <paramref name="batch_first"/>.</param>
                /// <param name="lengths">How many steps each sequence has, on the CPU.</param>
                /// <param name="batch_first">Whether the batch comes first.</param>
                /// <param name="enforce_sorted">Whether the sequences must come longest first; else they are sorted.</param>
                public static PackedSequence pack_padded_sequence(
                    Tensor input, Tensor lengths, bool batch_first = false, bool enforce_sorted = true)
                {
                    ArgumentNullException.ThrowIfNull(input);
                    ArgumentNullException.ThrowIfNull(lengths);
                    using var scope = NewDisposeScope();
                    var counts = lengths.to(ScalarType.Int64);
                    var order = empty([0], dtype: ScalarType.Int64, device: input.device);
                    var back = order.alias();
                    if (!enforce_sorted)
                    {
                        (counts, order) = Op.Call2("sort", counts, -1, true);
                        order = order.to(input.device);
                        back = order.argsort();
                        input = input.index_select(batch_first ? 0 : 1, order);
                    }

                    var (data, sizes) = Op.Call2("_pack_padded_sequence", input, counts, batch_first);
                    return new PackedSequence(data, sizes, order, back).MoveToOuterDisposeScope();
                }

                /// <returns>The padded sequences in the order in which they were given, and their lengths.</returns>
                public static (Tensor, Tensor) pad_packed_sequence(
                    PackedSequence sequence, bool batch_first = false, double padding_value = 0.0, long? total_length = null)
                {
                    ArgumentNullException.ThrowIfNull(sequence);
                    using var scope = NewDisposeScope();
                    var steps = sequence.batch_sizes.shape[0];
                    if (total_length < steps)
                    {
                        throw new ArgumentException(
                            $"The longest sequence has {steps} steps; total_length is {total_length}.", nameof(total_length));
                    }

                    var (padded, lengths) = Op.Call2(
                        "_pad_packed_sequence", sequence.data, sequence.batch_sizes, batch_first, padding_value, total_length ?? steps);
                    if (sequence.unsorted_indices.NumberOfElements > 0)
                    {
                        padded = padded.index_select(batch_first ? 0 : 1, sequence.unsorted_indices);
                        lengths = lengths.index_select(0, sequence.unsorted_indices.cpu());
                    }

                    return (padded.MoveToOuterDisposeScope(), lengths.MoveToOuterDisposeScope());
                }

                public static Tensor pad_sequence(IEnumerable<Tensor> sequences, bool batch_first = false, double padding_value = 0.0) =>
                    Op.Call("pad_sequence", sequences.ToArray(), batch_first, padding_value);

                public static PackedSequence pack_sequence(IEnumerable<Tensor> sequences, bool enforce_sorted = true)
                {
                    using var scope = NewDisposeScope();
                    var list = sequences.ToArray();
                    var lengths = tensor(list.Select(sequence => sequence.shape[0]).ToArray(), dtype: ScalarType.Int64);
                    return pack_padded_sequence(pad_sequence(list), lengths, false, enforce_sorted).MoveToOuterDisposeScope();
                }
            }
        }
    }
}
