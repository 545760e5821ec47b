package io.helmwatch.inference.tensorrt;

import io.helmwatch.config.inference.ModelConfig;
import io.helmwatch.inference.GraphAnalysis;
import io.helmwatch.inference.ModelException;
import io.helmwatch.inference.ModelFile;
import io.helmwatch.inference.OnnxModel;
import io.helmwatch.inference.PrecisionConverter;
import io.helmwatch.inference.YoloV5Model;
import io.helmwatch.inference.onnx.OnnxRuntimeEngine;
import io.helmwatch.inference.onnx.TensorProbe;
import io.helmwatch.resource.AtomicFile;
import io.helmwatch.resource.AtomicFile.Durability;
import io.helmwatch.vision.tensor.HostTensorBatch;
import io.helmwatch.vision.tensor.PredictionLayout;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Cuts a model that decodes its boxes at the logits of its last convolutions, so that boxes are decoded for candidates only: no sigmoid and
 * no arithmetic on rows below the threshold.
 *
 * <p>Anchors are not assumed: the whole model is run once on noise, the anchors follow from its boxes and logits, and every row must match the
 * model's own decoding ({@code (2 s(x) - 0.5 + column) * stride}, {@code (2 s(w))^2 * anchor}, {@code s} the sigmoid).
 *
 * <p>Threading: any thread.
 */
public final class RawHeads {

    private static final int ANCHORS_PER_CELL = 3;
    private static final double PIXELS = 0.05;
    private static final double PROBABILITY = 1e-3;

    private RawHeads() {}

    /** A head's logits {@code [N, 3 * (5 + classes), rows, columns]}, as its convolution outputs them. */
    private record RawHead(TensorProbe.Values logits, int stride, int rows, int columns, int elements) {

        int cells() {
            return rows * columns;
        }

        float logit(int anchor, int element, int cell) {
            return logits.floats().get((anchor * elements + element) * cells() + cell);
        }
    }

    /**
     * Writes the cut model, unless it exists.
     *
     * @param path the ONNX file
     * @param config labels and letterbox where they are not the model's own
     * @param folder target folder
     * @return its file, or the model itself where it has raw heads already
     * @throws ModelException when the model decodes its boxes in another way
     */
    public static Path of(Path path, ModelConfig config, Path folder) {
        ModelFile file = ModelFile.read(path);
        Path target = folder.resolve(
                EngineCache.fileNamePart(file.stem()) + "-" + file.sha256().substring(0, 16) + ".raw.onnx");
        if (Files.isRegularFile(target)) {
            return target;
        }
        YoloV5Model model = OnnxRuntimeEngine.interpret(path, config);
        if (model.layout().kind() != PredictionLayout.Kind.DECODED) {
            return path;
        }
        OnnxModel cut = readFp32(path);
        cut(cut, model, findHeads(cut, model));
        cut.metadata().putIfAbsent("model_name", file.stem());
        cut.metadata().putIfAbsent("model_version", file.sha256().substring(0, 12));
        try {
            AtomicFile.replace(target, cut.toBytes(), Durability.CACHED);
        } catch (IOException e) {
            throw new ModelException(
                    "model " + path + ": its form with raw heads cannot be stored in " + folder + ": " + e.getMessage(),
                    e);
        }
        return target;
    }

    private static OnnxModel readFp32(Path path) {
        OnnxModel model = OnnxModel.read(path);
        PrecisionConverter.toFp32(model);
        return model;
    }

    /**
     * A head that was found.
     *
     * @param head its shape; the values are overwritten by then
     * @param anchors six sizes, as metadata writes them
     */
    private record Verified(RawHead head, String anchors) {}

    private static List<Verified> findHeads(OnnxModel original, YoloV5Model model) {
        Path path = model.file().path();
        List<String> candidates = GraphAnalysis.of(original).tail().convolutions().stream()
                .map(node -> node.getOutput(0))
                .toList();
        String decoded = model.outputs().get(0).name();
        List<String> tensors = new ArrayList<>(candidates);
        tensors.add(decoded);
        try (TensorProbe probe = TensorProbe.open(readFp32(path), "model " + path, tensors, model.inputShape())) {
            fill(probe.input());
            Map<String, TensorProbe.Values> values = probe.run();
            FloatBuffer rows = floats(values, decoded, path);
            List<Verified> verified = new ArrayList<>();
            int first = 0;
            for (RawHead head : heads(values, candidates, model)) {
                verified.add(new Verified(head, anchorsOf(head, rows, first, path)));
                first += ANCHORS_PER_CELL * head.cells();
            }
            if (verified.size() < 2 || first != model.layout().anchors()) {
                throw differs(path, verified.size() + " heads of " + first + " rows were found");
            }
            return verified;
        }
    }

    private static ModelException differs(Path path, String how) {
        return new ModelException("model " + path + ": expected boxes decoded as YOLOv5 does, found something else ("
                + how + "): its raw heads cannot be separated, use graph 'decoded'");
    }

    private static void fill(HostTensorBatch input) {
        Random random = new Random(1);
        FloatBuffer samples = input.buffer().asFloatBuffer();
        float value = 0.5f;
        for (int i = 0; i < samples.capacity(); i++) {
            if (i % 16 == 0) {
                value = random.nextFloat();
            }
            samples.put(i, value);
        }
    }

    private static FloatBuffer floats(Map<String, TensorProbe.Values> values, String name, Path path) {
        TensorProbe.Values found = values.get(name);
        if (found == null) {
            throw differs(path, "no output " + name);
        }
        return found.floats();
    }

    private static List<RawHead> heads(
            Map<String, TensorProbe.Values> values, List<String> candidates, YoloV5Model model) {
        int height = model.inputShape().height();
        int width = model.inputShape().width();
        int elements = model.layout().rowElements();
        List<RawHead> heads = new ArrayList<>();
        for (String name : candidates) {
            TensorProbe.Values logits = values.get(name);
            List<Long> shape = logits == null ? List.of() : logits.shape();
            if (logits == null || shape.size() != 4 || shape.get(1) != ANCHORS_PER_CELL * elements) {
                continue;
            }
            int rows = Math.toIntExact(shape.get(2));
            int columns = Math.toIntExact(shape.get(3));
            int stride = height / rows;
            if (stride * rows == height && stride * columns == width) {
                heads.add(new RawHead(logits, stride, rows, columns, elements));
            }
        }
        heads.sort(Comparator.comparingInt(RawHead::stride));
        return heads;
    }

    /** Widths and heights of the three anchors; refuses other decodings. */
    private static String anchorsOf(RawHead head, FloatBuffer rows, int firstRow, Path path) {
        List<Float> sizes = new ArrayList<>();
        int row = 0;
        for (int anchor = 0; anchor < ANCHORS_PER_CELL; anchor++) {
            float[] size = new float[2];
            for (int cell = 0; cell < head.cells(); cell++, row++) {
                int decoded = (firstRow + row) * head.elements();
                for (int i = 0; i < head.elements(); i++) {
                    double s = 1 / (1 + Math.exp(-head.logit(anchor, i, cell)));
                    double found = rows.get(decoded + i);
                    double expected = s;
                    if (i < 2) {
                        int place = i == 0 ? cell % head.columns() : cell / head.columns();
                        expected = (2 * s - 0.5 + place) * head.stride();
                    } else if (i < 4) {
                        double scale = 4 * s * s;
                        if (size[i - 2] == 0) {
                            size[i - 2] = rounded(found / scale);
                        }
                        expected = scale * size[i - 2];
                    }
                    if (!(Math.abs(found - expected) <= (i < 4 ? PIXELS : PROBABILITY))) {
                        throw differs(
                                path,
                                "row " + (firstRow + row) + " column " + i + " is " + found + ", not " + expected);
                    }
                }
            }
            sizes.add(size[0]);
            sizes.add(size[1]);
        }
        return sizes.toString();
    }

    /** Rounds to a thousandth of a pixel: anchors are short decimal numbers, computed here with the errors of FP32. */
    private static float rounded(double size) {
        return (float) (Math.rint(size * 1000) / 1000);
    }

    private static void cut(OnnxModel cut, YoloV5Model model, List<Verified> heads) {
        long batch = model.hasDynamicBatch() ? -1 : model.inputShape().batch();
        boolean dynamicSides = YoloV5Model.hasDynamicSides(model.file());
        cut.removeOutputs();
        for (Verified verified : heads) {
            RawHead head = verified.head();
            cut.addOutput(
                    head.logits().name(),
                    batch,
                    ANCHORS_PER_CELL * head.elements(),
                    dynamicSides ? -1 : head.rows(),
                    dynamicSides ? -1 : head.columns());
        }
        cut.removeUnused();
        cut.metadata()
                .put("anchors", heads.stream().map(Verified::anchors).toList().toString());
    }
}
