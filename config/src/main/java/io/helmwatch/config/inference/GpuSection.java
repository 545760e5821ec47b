package io.helmwatch.config.inference;

import static io.helmwatch.config.schema.ValueTypes.choice;
import static io.helmwatch.config.schema.ValueTypes.parsed;
import static io.helmwatch.config.schema.ValueTypes.path;
import static io.helmwatch.config.schema.ValueTypes.wholeNumber;

import io.helmwatch.config.schema.Key;
import io.helmwatch.config.schema.NestedSection;
import io.helmwatch.config.schema.Section;
import io.helmwatch.config.schema.SectionSpec;
import io.helmwatch.config.schema.Value;
import io.helmwatch.config.schema.ValueType;
import io.helmwatch.resource.ConstantName;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The section {@code gpu}. */
public final class GpuSection {
    private static final GpuConfig DEFAULT = GpuConfig.DEFAULT;
    private static final Key<GpuConfig, List<Integer>> DEVICES = Key.of(
            "devices",
            new Devices(),
            DEFAULT.devices(),
            GpuConfig::devices,
            "indices of the GPUs to use; the streams are spread over them");
    private static final Key<GpuConfig, GpuPrecision> PRECISION = Key.of(
            "precision",
            choice(GpuPrecision.class),
            DEFAULT.precision(),
            GpuConfig::precision,
            "arithmetic of the model; `int8` needs `int8.pictures`");
    private static final Key<GpuConfig, GraphForm> GRAPH = Key.of(
            "graph",
            choice(GraphForm.class),
            DEFAULT.graph(),
            GpuConfig::graph,
            "where boxes are decoded: inside the graph, or outside for candidates only ([forms](gpu.md#forms-of-the-network))");
    private static final NestedSection<GpuConfig, Int8Config> INT8 =
            NestedSection.of("int8", Int8Section.SPEC, GpuConfig::int8);
    private static final Key<GpuConfig, Integer> BUILDER_LEVEL = Key.of(
            "builder-level",
            wholeNumber(0, 5),
            DEFAULT.builderLevel(),
            GpuConfig::builderLevel,
            "how long TensorRT searches for fast kernels when it builds an engine: 0 takes half a minute, 1 one to two"
                    + " minutes ([engines](gpu.md#engines))");
    private static final Key<GpuConfig, Integer> LANES = Key.of(
            "lanes", wholeNumber(1, 16), DEFAULT.lanes(), GpuConfig::lanes, "batches in flight at the same time");
    private static final Key<GpuConfig, HardwareDecoding> HARDWARE_DECODING = Key.of(
            "hardware-decoding",
            parsed(
                    "`auto`, `always`, `never`",
                    GpuSection::hardwareDecoding,
                    ConstantName::of,
                    "must be one of auto, always, never"),
            DEFAULT.hardwareDecoding(),
            GpuConfig::hardwareDecoding,
            "whether the GPU's video engines decode the formats that they support; `auto` decodes live streams on free CPU cores"
                    + " while the engines are full");
    private static final Key<GpuConfig, Path> CACHE = Key.<GpuConfig, Path>optional(
                    "cache",
                    path(),
                    GpuConfig::cache,
                    "`~/.cache/helmwatch`",
                    "folder of built engines and compiled kernels")
            .example("/var/cache/helmwatch");

    /** The keys of the section. */
    public static final SectionSpec<GpuConfig> SPEC = SectionSpec.of(
            "how a GPU is used; no effect on a CPU",
            DEVICES,
            PRECISION,
            GRAPH,
            INT8,
            BUILDER_LEVEL,
            LANES,
            HARDWARE_DECODING,
            CACHE);

    private GpuSection() {}

    /** {@code true} and {@code false} are the values of earlier versions. */
    private static @Nullable HardwareDecoding hardwareDecoding(String text) {
        return switch (text.strip().toLowerCase(Locale.ROOT)) {
            case "auto" -> HardwareDecoding.AUTO;
            case "always", "true", "yes", "on" -> HardwareDecoding.ALWAYS;
            case "never", "false", "no", "off" -> HardwareDecoding.NEVER;
            default -> null;
        };
    }

    /** Reads the section and reports its problems. */
    public static GpuConfig read(Section section) {
        GpuPrecision precision = section.value(PRECISION);
        Int8Config int8 = Int8Section.read(section.section(INT8));
        if (precision == GpuPrecision.INT8 && int8.pictures() == null) {
            section.problem(PRECISION, "int8 needs a folder of images to calibrate on: set gpu.int8.pictures");
        }
        return new GpuConfig(
                section.value(DEVICES),
                precision,
                section.value(GRAPH),
                int8,
                section.value(BUILDER_LEVEL),
                section.value(LANES),
                section.value(HARDWARE_DECODING),
                section.optional(CACHE));
    }

    /** {@code all} (an empty list), one index or a list of indices. */
    private static final class Devices implements ValueType<List<Integer>> {
        private static final Pattern INDEX = Pattern.compile("[0-9]|[1-5][0-9]|6[0-3]");

        @Override
        public @Nullable List<Integer> read(Value value) {
            List<String> texts = new ArrayList<>();
            for (Value each : value.isList() ? orEmpty(value.items()) : List.of(value)) {
                String text = each.text();
                if (text == null) {
                    return null;
                }
                texts.add(text.strip());
            }
            if (!value.isList() && texts.get(0).equalsIgnoreCase("all")) {
                return List.of();
            }
            if (texts.isEmpty()) {
                value.problem("must name at least one GPU; all uses every GPU");
                return null;
            }
            boolean isUnique = texts.stream().distinct().count() == texts.size();
            if (!isUnique
                    || !texts.stream().allMatch(text -> INDEX.matcher(text).matches())) {
                value.problem("must be all, an index from 0 to 63, or a list of such indices, each once");
                return null;
            }
            return texts.stream().map(Integer::valueOf).toList();
        }

        private static List<Value> orEmpty(@Nullable List<Value> items) {
            return items == null ? List.of() : items;
        }

        @Override
        public String format(List<Integer> devices) {
            return switch (devices.size()) {
                case 0 -> "all";
                case 1 -> String.valueOf(devices.get(0));
                default -> devices.toString();
            };
        }

        @Override
        public String values() {
            return "`all`, an index, or a list of indices";
        }
    }
}
