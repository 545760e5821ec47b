package io.helmwatch.inference;

import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.tensor.PredictionLayout;
import io.helmwatch.vision.tensor.PredictionLayout.Head;
import io.helmwatch.vision.tensor.TensorShape;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which outputs of a YOLOv5 detector are read, and how.
 *
 * @param outputs the outputs, in the order of {@link PredictionLayout#heads()} when raw
 * @param layout how they are read for the input for which they were found
 * @param strides strides of the heads, ascending
 * @param stride the largest stride, as the metadata declares it
 */
record OutputLayout(List<TensorInfo> outputs, PredictionLayout layout, List<Integer> strides, int stride) {

    /** Keeps its own copies. */
    OutputLayout {
        outputs = List.copyOf(outputs);
        strides = List.copyOf(strides);
    }

    /** How the outputs are read for another size of the input, whose sides are multiples of every stride. */
    PredictionLayout layoutFor(ImageSize size) {
        int anchors = 0;
        List<Head> heads = new ArrayList<>();
        for (int i = 0; i < strides.size(); i++) {
            int step = strides.get(i);
            int rows = size.height() / step;
            int columns = size.width() / step;
            anchors += ANCHORS_PER_CELL * rows * columns;
            if (layout.kind() != PredictionLayout.Kind.DECODED) {
                heads.add(new Head(step, rows, columns, layout.heads().get(i).anchorSizes()));
            }
        }
        return new PredictionLayout(layout.kind(), layout.classes(), anchors, heads);
    }

    static final int ANCHORS_PER_CELL = 3;
    static final int MAX_STRIDE = 128;
    private static final int MAX_ROW_ELEMENTS = 1 << 16;

    /** Anchor sizes of YOLOv5's own models, strides 8, 16, 32 (models/yolov5s.yaml of ultralytics/yolov5). */
    private static final List<List<Float>> P5_ANCHORS = List.of(
            List.of(10f, 13f, 16f, 30f, 33f, 23f),
            List.of(30f, 61f, 62f, 45f, 59f, 119f),
            List.of(116f, 90f, 156f, 198f, 373f, 326f));

    /** The same with stride 64 (models/hub/yolov5s6.yaml). */
    private static final List<List<Float>> P6_ANCHORS = List.of(
            List.of(19f, 27f, 44f, 40f, 38f, 94f),
            List.of(96f, 68f, 86f, 152f, 180f, 137f),
            List.of(140f, 301f, 303f, 264f, 238f, 542f),
            List.of(436f, 615f, 739f, 380f, 925f, 792f));

    /** Finds the layout for one shape of the input. */
    private record Search(ModelMetadata metadata, TensorShape input) {

        OutputLayout among(List<TensorInfo> candidates) {
            TensorInfo decoded = decodedAmong(candidates);
            if (decoded != null) {
                int anchors = Math.toIntExact(decoded.dimensions().get(1));
                List<Integer> strides = stridesOfAnchors(anchors);
                return new OutputLayout(
                        List.of(decoded),
                        new PredictionLayout(PredictionLayout.Kind.DECODED, classesOf(decoded), anchors, List.of()),
                        strides,
                        metadata.stride(strides.get(strides.size() - 1)));
            }
            List<TensorInfo> heads = rawHeadsAmong(candidates);
            if (heads.isEmpty()) {
                throw unknownLayout(candidates);
            }
            PredictionLayout layout = rawLayout(heads);
            List<Integer> strides = layout.heads().stream().map(Head::stride).toList();
            return new OutputLayout(heads, layout, strides, strides.get(strides.size() - 1));
        }

        private @Nullable TensorInfo decodedAmong(List<TensorInfo> candidates) {
            for (TensorInfo output : candidates) {
                List<Long> dims = output.dimensions();
                if (dims.size() == 3
                        && isRow(dims.get(2))
                        && !stridesOfAnchors(dims.get(1)).isEmpty()) {
                    refuseSegmentation(candidates);
                    return output;
                }
            }
            return null;
        }

        private void refuseSegmentation(List<TensorInfo> candidates) {
            for (TensorInfo other : candidates) {
                if (other.dimensions().size() == 4 && headStride(other.dimensions()) == 0) {
                    throw refusal("expected a detector, found a second output " + other.describe()
                            + " as segmentation models have");
                }
            }
        }

        /** The strides of the heads that make this many anchors; none when no set of successive strides does. */
        private List<Integer> stridesOfAnchors(long anchors) {
            for (int first : new int[] {8, 16, 4}) {
                long sum = 0;
                List<Integer> strides = new ArrayList<>();
                for (int s = first; s <= MAX_STRIDE; s *= 2) {
                    if (input.height() % s != 0 || input.width() % s != 0) {
                        break;
                    }
                    sum += anchorsOfHead(s);
                    strides.add(s);
                    if (sum == anchors && s > first) {
                        return strides;
                    }
                }
            }
            return List.of();
        }

        private long anchorsOfHead(int stride) {
            return (long) ANCHORS_PER_CELL * (input.height() / stride) * (input.width() / stride);
        }

        /** Heads of five dimensions where there are some, else those of four. */
        private List<TensorInfo> rawHeadsAmong(List<TensorInfo> candidates) {
            List<TensorInfo> heads = candidates.stream()
                    .filter(output -> headStride(output.dimensions()) > 0)
                    .sorted(Comparator.comparingInt(output -> headStride(output.dimensions())))
                    .toList();
            List<TensorInfo> rows = heads.stream()
                    .filter(output -> !isPlanes(output.dimensions()))
                    .toList();
            return rows.isEmpty() ? heads : rows;
        }

        private int headStride(List<Long> dims) {
            boolean fitsRows = dims.size() == 5 && dims.get(1) == ANCHORS_PER_CELL && isRow(dims.get(4));
            boolean fitsPlanes =
                    isPlanes(dims) && dims.get(1) % ANCHORS_PER_CELL == 0 && isRow(dims.get(1) / ANCHORS_PER_CELL);
            if (!(fitsRows || fitsPlanes) || dims.get(2) < 1 || dims.get(3) < 1) {
                return 0;
            }
            long s = input.height() / dims.get(2);
            boolean fits = s * dims.get(2) == input.height() && s * dims.get(3) == input.width();
            return fits ? (int) s : 0;
        }

        private PredictionLayout rawLayout(List<TensorInfo> outputs) {
            int classes = classesOf(outputs.get(0));
            List<List<Float>> sizes = anchorSizes(outputs);
            List<Head> heads = new ArrayList<>();
            int anchors = 0;
            for (int i = 0; i < outputs.size(); i++) {
                List<Long> dims = outputs.get(i).dimensions();
                if (classesOf(outputs.get(i)) != classes) {
                    throw unknownLayout(outputs);
                }
                Head head = new Head(
                        headStride(dims), Math.toIntExact(dims.get(2)), Math.toIntExact(dims.get(3)), sizes.get(i));
                heads.add(head);
                anchors += ANCHORS_PER_CELL * head.rows() * head.columns();
            }
            boolean planes = isPlanes(outputs.get(0).dimensions());
            return new PredictionLayout(
                    planes ? PredictionLayout.Kind.RAW_PLANES : PredictionLayout.Kind.RAW, classes, anchors, heads);
        }

        private List<List<Float>> anchorSizes(List<TensorInfo> heads) {
            List<List<Float>> declared = metadata.anchorSizes(heads.size());
            if (declared != null) {
                return declared;
            }
            boolean fromStride8 = headStride(heads.get(0).dimensions()) == 8;
            if (fromStride8 && heads.size() == P5_ANCHORS.size()) {
                return P5_ANCHORS;
            }
            if (fromStride8 && heads.size() == P6_ANCHORS.size()) {
                return P6_ANCHORS;
            }
            throw refusal("expected metadata 'anchors' for raw heads other than strides 8, 16, 32 (, 64), found none");
        }

        private ModelException unknownLayout(List<TensorInfo> found) {
            long expected = 0;
            for (int s = 8; s <= 32; s *= 2) {
                expected += anchorsOfHead(s);
            }
            String outputs =
                    String.join(", ", found.stream().map(TensorInfo::describe).toList());
            boolean transposed = found.stream()
                    .map(TensorInfo::dimensions)
                    .anyMatch(dims -> dims.size() == 3 && dims.get(1) > 4 && dims.get(2) > 8 * dims.get(1));
            return refusal("expected the output of a YOLOv5 detector, [N, " + expected
                    + ", 5 + classes] or raw heads [N, 3, H/stride, W/stride, 5 + classes] or"
                    + " [N, 3 * (5 + classes), H/stride, W/stride] for input " + input
                    + ", found " + (outputs.isEmpty() ? "no output" : outputs)
                    + (transposed ? " (which looks like YOLOv8 or later)" : ""));
        }

        private ModelException refusal(String what) {
            return ModelMetadata.refusal(metadata.file(), what);
        }
    }

    /**
     * Finds the layout.
     *
     * @param input shape of the input
     * @param candidates all outputs, their shapes as known
     * @throws ModelException when they are not those of a YOLOv5 detector
     */
    static OutputLayout find(ModelMetadata metadata, TensorShape input, List<TensorInfo> candidates) {
        return new Search(metadata, input).among(candidates);
    }

    private static int classesOf(TensorInfo output) {
        List<Long> dims = output.dimensions();
        return Math.toIntExact(isPlanes(dims) ? dims.get(1) / ANCHORS_PER_CELL : dims.get(dims.size() - 1)) - 5;
    }

    private static boolean isPlanes(List<Long> dims) {
        return dims.size() == 4;
    }

    /** Whether a size can be {@code 5 + classes}. */
    private static boolean isRow(long elements) {
        return elements >= 6 && elements <= MAX_ROW_ELEMENTS;
    }
}
