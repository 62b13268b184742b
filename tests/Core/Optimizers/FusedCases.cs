namespace Fulgurite.Tests.Core.Optimizers;

/// <summary>The settings of the fused optimizers that are compared, and steps with gradients that are the same in every language.</summary>
internal static class FusedCases
{
    public const double Rate = 0.01;

    public static readonly (
        string Name, string Python, Func<IEnumerable<Parameter>, OptimizerHelper> Fused,
        Func<IEnumerable<Parameter>, OptimizerHelper>? Plain)[] Cases =
    [
        ("sgd", "SGD(p, lr=0.01)", p => new FusedSgd(p, Rate), p => optim.SGD(p, Rate)),
        (
            "sgd_decay", "SGD(p, lr=0.01, weight_decay=0.1)", p => new FusedSgd(p, Rate, weight_decay: 0.1),
            p => optim.SGD(p, Rate, weight_decay: 0.1)),
        (
            "sgd_momentum", "SGD(p, lr=0.01, momentum=0.9, dampening=0.2)", p => new FusedSgd(p, Rate, 0.9, 0.2),
            p => optim.SGD(p, Rate, 0.9, 0.2)),
        ("sgd_nesterov", "SGD(p, lr=0.01, momentum=0.9, weight_decay=0.1, nesterov=True)",
            p => new FusedSgd(p, Rate, 0.9, weight_decay: 0.1, nesterov: true),
            p => optim.SGD(p, Rate, 0.9, weight_decay: 0.1, nesterov: true)),
        ("sgd_maximize", "SGD(p, lr=0.01, momentum=0.9, weight_decay=0.1, maximize=True)",
            p => new FusedSgd(p, Rate, 0.9, weight_decay: 0.1, maximize: true), null),
        ("adam", "Adam(p, lr=0.01)", p => new FusedAdam(p, Rate), p => optim.Adam(p, Rate)),
        ("adam_all", "Adam(p, lr=0.01, betas=(0.8, 0.99), eps=1e-6, weight_decay=0.1, amsgrad=True, maximize=True)",
            p => new FusedAdam(p, Rate, 0.8, 0.99, 1e-6, 0.1, true, true), p => optim.Adam(p, Rate, 0.8, 0.99, 1e-6, 0.1, true, true)),
        ("adamw", "AdamW(p, lr=0.01)", p => new FusedAdamW(p, Rate), p => optim.AdamW(p, Rate, weight_decay: 0.01)),
        ("adamw_all", "AdamW(p, lr=0.01, betas=(0.8, 0.99), eps=1e-6, weight_decay=0.1, amsgrad=True, maximize=True)",
            p => new FusedAdamW(p, Rate, 0.8, 0.99, 1e-6, 0.1, true, true), p => optim.AdamW(p, Rate, 0.8, 0.99, 1e-6, 0.1, true, true)),
    ];

    public static IEnumerable<object[]> Names => Cases.Select(item => new object[] { item.Name });

    public static IEnumerable<object[]> PlainNames =>
        Cases.Where(item => item.Plain is not null).Select(item => new object[] { item.Name });

    public static void StepWith(OptimizerHelper optimizer, Parameter[] parameters, int step)
    {
        using var scope = NewDisposeScope();
        foreach (var parameter in parameters)
        {
            parameter.grad = Values(parameter.dtype, step, parameter.shape);
        }

        optimizer.step();
        foreach (var parameter in parameters)
        {
            parameter.grad = null;
        }
    }

    public static Parameter Pattern(ScalarType type, int step, params long[] shape) => nn.Parameter(Values(type, step, shape));

    /// <summary>Numbers that are the same in every language.</summary>
    public static Tensor Values(ScalarType type, int step, params long[] shape)
    {
        var count = shape.Aggregate(1L, (product, size) => product * size);
        return tensor(Enumerable.Range(0, (int)count).Select(index => (((index * 7L) + (step * 13L)) % 17 - 8) / 8.0).ToArray())
            .reshape(shape)
            .to(type);
    }
}
