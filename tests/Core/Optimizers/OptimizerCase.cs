using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Fulgurite.Tests.Core.Optimizers;

/// <summary>An optimizer as it is made in Python and here, and how its parameters agree with Python's.</summary>
internal sealed record OptimizerCase(
    string Name, string Python, Func<IEnumerable<Parameter>, OptimizerHelper> Make, OptimizerAgreement Agreement = OptimizerAgreement.Exact)
{
    /// <summary>The learning rate of those that agree with a formula only.</summary>
    public const double FormulaRate = 0.02;

    public static IReadOnlyList<OptimizerCase> All { get; } =
    [
        new("sgd", "SGD(p, lr=0.1)", p => optim.SGD(p, 0.1)),
        new("sgd_momentum", "SGD(p, lr=0.1, momentum=0.9, dampening=0.2, weight_decay=0.01)",
            p => optim.SGD(p, 0.1, momentum: 0.9, dampening: 0.2, weight_decay: 0.01)),
        new("sgd_nesterov", "SGD(p, lr=0.1, momentum=0.9, nesterov=True)", p => optim.SGD(p, 0.1, momentum: 0.9, nesterov: true)),
        new("sgd_maximize", "SGD(p, lr=0.1, momentum=0.9, maximize=True)", p => optim.SGD(p, 0.1, momentum: 0.9, maximize: true)),
        new("adam", "Adam(p, lr=0.01)", p => optim.Adam(p, 0.01), OptimizerAgreement.Rounded),
        new("adam_all", "Adam(p, lr=0.01, betas=(0.8, 0.99), eps=1e-6, weight_decay=0.1, amsgrad=True, maximize=True)",
            p => optim.Adam(p, 0.01, 0.8, 0.99, 1e-6, 0.1, true, true), OptimizerAgreement.Rounded),
        new("adamw", "AdamW(p, lr=0.01, weight_decay=0.1)", p => optim.AdamW(p, 0.01, weight_decay: 0.1), OptimizerAgreement.Rounded),
        new(
            "adamw_amsgrad",
            "AdamW(p, lr=0.01, weight_decay=0.01, amsgrad=True)",
            p => optim.AdamW(p, 0.01, weight_decay: 0.01, amsgrad: true),
            OptimizerAgreement.Rounded),
        new("fused_sgd", "SGD(p, lr=0.1)", p => new FusedSgd(p, 0.1)),
        new("fused_sgd_momentum", "SGD(p, lr=0.1, momentum=0.9, dampening=0.2, weight_decay=0.01)",
            p => new FusedSgd(p, 0.1, momentum: 0.9, dampening: 0.2, weight_decay: 0.01)),
        new("fused_sgd_nesterov", "SGD(p, lr=0.1, momentum=0.9, nesterov=True)", p => new FusedSgd(p, 0.1, momentum: 0.9, nesterov: true)),
        new("fused_sgd_maximize", "SGD(p, lr=0.1, momentum=0.9, weight_decay=0.01, maximize=True)",
            p => new FusedSgd(p, 0.1, momentum: 0.9, weight_decay: 0.01, maximize: true)),
        new("fused_adam", "Adam(p, lr=0.01)", p => new FusedAdam(p, 0.01), OptimizerAgreement.Rounded),
        new("fused_adam_all", "Adam(p, lr=0.01, betas=(0.8, 0.99), eps=1e-6, weight_decay=0.1, amsgrad=True, maximize=True)",
            p => new FusedAdam(p, 0.01, 0.8, 0.99, 1e-6, 0.1, true, true), OptimizerAgreement.Rounded),
        new(
            "fused_adamw", "AdamW(p, lr=0.01, weight_decay=0.1)", p => new FusedAdamW(p, 0.01, weight_decay: 0.1),
            OptimizerAgreement.Rounded),
        new("fused_adamw_amsgrad", "AdamW(p, lr=0.01, weight_decay=0.01, amsgrad=True, maximize=True)",
            p => new FusedAdamW(p, 0.01, weight_decay: 0.01, amsgrad: true, maximize: true), OptimizerAgreement.Rounded),
        new(
            "adagrad",
            "Adagrad(p, lr=0.1, lr_decay=0.05, weight_decay=0.01, initial_accumulator_value=0.3)",
            p => optim.Adagrad(p, 0.1, 0.05, 0.01, 0.3),
            OptimizerAgreement.Rounded),
        new(
            "rmsprop",
            "RMSprop(p, lr=0.01, weight_decay=0.01)",
            p => optim.RMSProp(p, 0.01, weight_decay: 0.01),
            OptimizerAgreement.Rounded),
        new(
            "rmsprop_all",
            "RMSprop(p, lr=0.01, alpha=0.9, momentum=0.5, centered=True)",
            p => optim.RMSProp(p, 0.01, 0.9, momentum: 0.5, centered: true),
            OptimizerAgreement.Rounded),
        new("adamax", "Adamax(p, lr=0.02, weight_decay=0.01)", p => optim.Adamax(p, 0.02, weight_decay: 0.01)),
        new("nadam", "NAdam(p, lr=0.02)", p => optim.NAdam(p, FormulaRate), OptimizerAgreement.FormulaOnly),
        new("radam", "RAdam(p, lr=0.02)", p => optim.RAdam(p, FormulaRate), OptimizerAgreement.FormulaOnly),
        new(
            "nadam_decay",
            "NAdam(p, lr=0.02, weight_decay=0.01)",
            p => optim.NAdam(p, 0.02, weight_decay: 0.01),
            OptimizerAgreement.StateOnly),
        new(
            "radam_decay",
            "RAdam(p, lr=0.02, weight_decay=0.01)",
            p => optim.RAdam(p, 0.02, weight_decay: 0.01),
            OptimizerAgreement.StateOnly),
        new(
            "adadelta",
            "Adadelta(p, lr=0.5, weight_decay=0.01)",
            p => optim.Adadelta(p, 0.5, weight_decay: 0.01),
            OptimizerAgreement.Rounded),
        new(
            "asgd",
            "ASGD(p, lr=0.05, lambd=0.01, t0=4, weight_decay=0.01)",
            p => optim.ASGD(p, 0.05, 0.01, t0: 4, weight_decay: 0.01),
            OptimizerAgreement.Rounded),
        new("rprop", "Rprop(p, lr=0.02)", p => optim.Rprop(p, 0.02)),
    ];

    public static OptimizerCase Of(string name) => All.Single(item => item.Name == name);
}
