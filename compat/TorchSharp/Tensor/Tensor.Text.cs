using System.Globalization;
using System.Text;

namespace TorchSharp;

public static partial class torch
{
    public static TensorStringStyle TensorStringStyle { get; set; } = TensorStringStyle.Metadata;

    public partial class Tensor
    {
        private const int EdgeItems = 3;
        private const int FullSize = 1000;

        /// <summary>Shape, type and device; the values too where <see cref="TensorStringStyle"/> says so.</summary>
        public override string ToString() => ToString(TensorStringStyle);

        public string ToString(
            TensorStringStyle style, string? fltFormat = null, int? width = null, CultureInfo? cultureInfo = null, string? newLine = null)
        {
            if (IsInvalid)
            {
                return "disposed tensor";
            }

            var head = $"[{string.Join("x", shape)}], type = {dtype}, device = {device}";
            if (style == TensorStringStyle.Default)
            {
                style = TensorStringStyle;
            }

            if (style == TensorStringStyle.Metadata || is_meta || is_sparse)
            {
                return head;
            }

            using var scope = NewDisposeScope();
            var text = new StringBuilder(head).Append(newLine ?? Environment.NewLine);
            Append(text, detach().cpu(), fltFormat ?? "g5", cultureInfo ?? CultureInfo.InvariantCulture, newLine ?? Environment.NewLine, NumberOfElements > FullSize, 1);
            return text.ToString();
        }

        private static void Append(
            StringBuilder text, Tensor tensor, string format, CultureInfo culture, string newLine, bool shorten, int indent)
        {
            if (tensor.Dimensions == 0)
            {
                text.Append(Number(tensor.ToScalar(), format, culture));
                return;
            }

            text.Append('[');
            var size = tensor.size(0);
            for (long i = 0; i < size; i++)
            {
                if (i > 0)
                {
                    text.Append(tensor.Dimensions == 1 ? " " : newLine + new string(' ', indent));
                }

                if (shorten && i == EdgeItems && size > 2 * EdgeItems)
                {
                    text.Append("... ");
                    i = size - EdgeItems;
                }

                using var item = tensor[i];
                Append(text, item, format, culture, newLine, shorten, indent + 1);
            }

            text.Append(']');
        }

        private static string Number(Scalar value, string format, CultureInfo culture) => value.Type switch
        {
            ScalarType.Bool => value.ToBoolean() ? "true" : "false",
            ScalarType.Float64 => value.ToDouble().ToString(format, culture),
            ScalarType.ComplexFloat64 => value.ToComplexFloat64().ToString(format, culture),
            _ => value.ToInt64().ToString(culture),
        };
    }
}
