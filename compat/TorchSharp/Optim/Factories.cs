using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class optim
    {
        public static SGD SGD(
            IEnumerable<Parameter> parameters, double learningRate, double momentum = 0, double dampening = 0, double weight_decay = 0,
            bool nesterov = false, bool maximize = false) =>
            new(parameters, learningRate, momentum, dampening, weight_decay, nesterov, maximize);

        public static SGD SGD(
            IEnumerable<(string name, Parameter parameter)> parameters, double learningRate, double momentum = 0, double dampening = 0,
            double weight_decay = 0, bool nesterov = false, bool maximize = false) =>
            new(parameters.Select(p => p.parameter), learningRate, momentum, dampening, weight_decay, nesterov, maximize);

        public static SGD SGD(
            IEnumerable<SGD.ParamGroup> parameters, double learningRate, double momentum = 0, double dampening = 0,
            double weight_decay = 0, bool nesterov = false, bool maximize = false) =>
            new(parameters, learningRate, momentum, dampening, weight_decay, nesterov, maximize);

        public static Adam Adam(
            IEnumerable<Parameter> parameters, double lr = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8,
            double weight_decay = 0, bool amsgrad = false, bool maximize = false) =>
            new(parameters, lr, beta1, beta2, eps, weight_decay, amsgrad, maximize);

        public static Adam Adam(
            IEnumerable<(string name, Parameter parameter)> parameters, double lr = 1e-3, double beta1 = 0.9, double beta2 = 0.999,
            double eps = 1e-8, double weight_decay = 0, bool amsgrad = false, bool maximize = false) =>
            new(parameters.Select(p => p.parameter), lr, beta1, beta2, eps, weight_decay, amsgrad, maximize);

        public static Adam Adam(
            IEnumerable<Adam.ParamGroup> parameters, double lr = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8,
            double weight_decay = 0, bool amsgrad = false, bool maximize = false) =>
            new(parameters, lr, beta1, beta2, eps, weight_decay, amsgrad, maximize);

        public static AdamW AdamW(
            IEnumerable<Parameter> parameters, double lr = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8,
            double weight_decay = 0, bool amsgrad = false, bool maximize = false) =>
            new(parameters, lr, beta1, beta2, eps, weight_decay, amsgrad, maximize);

        public static AdamW AdamW(
            IEnumerable<(string name, Parameter parameter)> parameters, double lr = 1e-3, double beta1 = 0.9, double beta2 = 0.999,
            double eps = 1e-8, double weight_decay = 0, bool amsgrad = false, bool maximize = false) =>
            new(parameters.Select(p => p.parameter), lr, beta1, beta2, eps, weight_decay, amsgrad, maximize);

        public static AdamW AdamW(
            IEnumerable<AdamW.ParamGroup> parameters, double lr = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8,
            double weight_decay = 0, bool amsgrad = false, bool maximize = false) =>
            new(parameters, lr, beta1, beta2, eps, weight_decay, amsgrad, maximize);

        public static Adagrad Adagrad(
            IEnumerable<Parameter> parameters, double lr = 1e-2, double lr_decay = 0, double weight_decay = 0,
            double initial_accumulator_value = 0, double eps = 1e-10) =>
            new(parameters, lr, lr_decay, weight_decay, initial_accumulator_value, eps);

        public static Adagrad Adagrad(
            IEnumerable<(string name, Parameter parameter)> parameters, double lr = 1e-2, double lr_decay = 0, double weight_decay = 0,
            double initial_accumulator_value = 0, double eps = 1e-10) =>
            new(parameters.Select(p => p.parameter), lr, lr_decay, weight_decay, initial_accumulator_value, eps);

        public static Adagrad Adagrad(
            IEnumerable<Adagrad.ParamGroup> parameters, double lr = 1e-2, double lr_decay = 0, double weight_decay = 0,
            double initial_accumulator_value = 0, double eps = 1e-10) =>
            new(parameters, lr, lr_decay, weight_decay, initial_accumulator_value, eps);

        public static RMSProp RMSProp(
            IEnumerable<Parameter> parameters, double lr = 0.01, double alpha = 0.99, double eps = 1e-8, double weight_decay = 0,
            double momentum = 0, bool centered = false, bool maximize = false) =>
            new(parameters, lr, alpha, eps, weight_decay, momentum, centered, maximize);

        public static RMSProp RMSProp(
            IEnumerable<(string name, Parameter parameter)> parameters, double lr = 0.01, double alpha = 0.99, double eps = 1e-8,
            double weight_decay = 0, double momentum = 0, bool centered = false, bool maximize = false) =>
            new(parameters.Select(p => p.parameter), lr, alpha, eps, weight_decay, momentum, centered, maximize);

        public static RMSProp RMSProp(
            IEnumerable<RMSProp.ParamGroup> parameters, double lr = 0.01, double alpha = 0.99, double eps = 1e-8, double weight_decay = 0,
            double momentum = 0, bool centered = false, bool maximize = false) =>
            new(parameters, lr, alpha, eps, weight_decay, momentum, centered, maximize);

        public static Adamax Adamax(
            IEnumerable<Parameter> parameters, double lr = 0.002, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8,
            double weight_decay = 0) =>
            new(parameters, lr, beta1, beta2, eps, weight_decay);

        public static Adamax Adamax(
            IEnumerable<(string name, Parameter parameter)> parameters, double lr = 0.002, double beta1 = 0.9, double beta2 = 0.999,
            double eps = 1e-8, double weight_decay = 0) =>
            new(parameters.Select(p => p.parameter), lr, beta1, beta2, eps, weight_decay);

        public static Adamax Adamax(
            IEnumerable<Adamax.ParamGroup> parameters, double lr = 0.002, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8,
            double weight_decay = 0) =>
            new(parameters, lr, beta1, beta2, eps, weight_decay);

        public static NAdam NAdam(
            IEnumerable<Parameter> named_parameters, double lr = 0.002, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8,
            double weight_decay = 0, double momentum_decay = 4e-3) =>
            new(named_parameters, lr, beta1, beta2, eps, weight_decay, momentum_decay);

        public static NAdam NAdam(
            IEnumerable<(string name, Parameter parameter)> named_parameters, double lr = 0.002, double beta1 = 0.9, double beta2 = 0.999,
            double eps = 1e-8, double weight_decay = 0, double momentum_decay = 4e-3) =>
            new(named_parameters.Select(p => p.parameter), lr, beta1, beta2, eps, weight_decay, momentum_decay);

        public static NAdam NAdam(
            IEnumerable<NAdam.ParamGroup> parameters, double lr = 0.002, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8,
            double weight_decay = 0, double momentum_decay = 4e-3) =>
            new(parameters, lr, beta1, beta2, eps, weight_decay, momentum_decay);

        public static RAdam RAdam(
            IEnumerable<Parameter> parameters, double lr = 0.002, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8,
            double weight_decay = 0) =>
            new(parameters, lr, beta1, beta2, eps, weight_decay);

        public static RAdam RAdam(
            IEnumerable<(string name, Parameter parameter)> parameters, double lr = 0.002, double beta1 = 0.9, double beta2 = 0.999,
            double eps = 1e-8, double weight_decay = 0) =>
            new(parameters.Select(p => p.parameter), lr, beta1, beta2, eps, weight_decay);

        public static RAdam RAdam(
            IEnumerable<RAdam.ParamGroup> parameters, double lr = 0.002, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8,
            double weight_decay = 0) =>
            new(parameters, lr, beta1, beta2, eps, weight_decay);

        public static Adadelta Adadelta(
            IEnumerable<Parameter> parameters, double lr = 1.0, double rho = 0.9, double eps = 1e-6, double weight_decay = 0,
            bool maximize = false) =>
            new(parameters, lr, rho, eps, weight_decay, maximize);

        public static Adadelta Adadelta(
            IEnumerable<(string name, Parameter parameter)> parameters, double lr = 1.0, double rho = 0.9, double eps = 1e-6,
            double weight_decay = 0, bool maximize = false) =>
            new(parameters.Select(p => p.parameter), lr, rho, eps, weight_decay, maximize);

        public static Adadelta Adadelta(
            IEnumerable<Adadelta.ParamGroup> parameters, double lr = 1.0, double rho = 0.9, double eps = 1e-6, double weight_decay = 0,
            bool maximize = false) =>
            new(parameters, lr, rho, eps, weight_decay, maximize);

        public static ASGD ASGD(
            IEnumerable<Parameter> parameters, double lr = 1e-3, double lambd = 1e-4, double alpha = 0.75, double t0 = 1e6,
            double weight_decay = 0, bool maximize = false) =>
            new(parameters, lr, lambd, alpha, t0, weight_decay, maximize);

        public static ASGD ASGD(
            IEnumerable<(string name, Parameter parameter)> parameters, double lr = 1e-3, double lambd = 1e-4, double alpha = 0.75,
            double t0 = 1e6, double weight_decay = 0, bool maximize = false) =>
            new(parameters.Select(p => p.parameter), lr, lambd, alpha, t0, weight_decay, maximize);

        public static ASGD ASGD(
            IEnumerable<ParamGroup<ASGD.Options>> parameters, double lr = 1e-3, double lambd = 1e-4, double alpha = 0.75, double t0 = 1e6,
            double weight_decay = 0, bool maximize = false) =>
            new(parameters, lr, lambd, alpha, t0, weight_decay, maximize);

        public static LBFGS LBFGS(
            IEnumerable<Parameter> parameters, double lr = 0.01, long max_iter = 20, long? max_eval = null, double tolerange_grad = 1e-5,
            double tolerance_change = 1e-9, long history_size = 100) =>
            new(parameters, lr, max_iter, max_eval ?? (5 * max_iter / 4), tolerange_grad, tolerance_change, history_size);

        public static LBFGS LBFGS(
            IEnumerable<(string name, Parameter parameter)> parameters, double lr = 0.01, long max_iter = 20, long? max_eval = null,
            double tolerange_grad = 1e-5, double tolerance_change = 1e-9, long history_size = 100) =>
            LBFGS(parameters.Select(p => p.parameter), lr, max_iter, max_eval, tolerange_grad, tolerance_change, history_size);

        public static Rprop Rprop(
            IEnumerable<Parameter> parameters, double lr = 1e-2, double etaminus = 0.5, double etaplus = 1.2, double min_step = 1e-6,
            double max_step = 50, bool maximize = false) =>
            new(parameters, lr, etaminus, etaplus, min_step, max_step, maximize);

        public static Rprop Rprop(
            IEnumerable<(string name, Parameter parameter)> parameters, double lr = 1e-2, double etaminus = 0.5, double etaplus = 1.2,
            double min_step = 1e-6, double max_step = 50, bool maximize = false) =>
            new(parameters.Select(p => p.parameter), lr, etaminus, etaplus, min_step, max_step, maximize);

        public static Rprop Rprop(
            IEnumerable<Rprop.ParamGroup> parameters, double lr = 1e-2, double etaminus = 0.5, double etaplus = 1.2,
            double min_step = 1e-6, double max_step = 50, bool maximize = false) =>
            new(parameters, lr, etaminus, etaplus, min_step, max_step, maximize);
    }
}
