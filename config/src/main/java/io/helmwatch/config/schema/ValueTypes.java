package io.helmwatch.config.schema;

import io.helmwatch.config.yaml.Yaml;
import io.helmwatch.resource.ConstantName;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The types of values that several sections use. */
public final class ValueTypes {
    static final String FLAGS = "`true`, `false`";

    private ValueTypes() {}

    /**
     * Reads a text.
     *
     * @param <T> the value
     */
    @FunctionalInterface
    public interface Parser<T> {
        /** The value; null, with a problem reported, where the text is none. */
        @Nullable
        T parse(String text, Value value);
    }

    /** A single value. */
    public static <T> ValueType<T> scalar(String values, Parser<T> parser, Function<T, String> format) {
        return new ValueType<>() {
            @Override
            public @Nullable T read(Value value) {
                String text = value.text();
                return text == null ? null : parser.parse(text, value);
            }

            @Override
            public String format(T value) {
                return format.apply(value);
            }

            @Override
            public String values() {
                return values;
            }
        };
    }

    /** A single value that a function reads, or refuses with null. */
    public static <T> ValueType<T> parsed(
            String values, Function<String, @Nullable T> parse, Function<T, String> format, String rule) {
        return scalar(
                values,
                (text, value) -> {
                    T parsed = parse.apply(text);
                    if (parsed == null) {
                        value.problem(rule);
                    }
                    return parsed;
                },
                format);
    }

    /** Any text. */
    public static ValueType<String> text() {
        return scalar("text", (text, value) -> text, Yaml::scalar);
    }

    /** Text that is accepted. */
    public static ValueType<String> text(String values, Predicate<String> accepted, String rule) {
        return parsed(values, text -> accepted.test(text) ? text : null, Yaml::scalar, rule);
    }

    /** True or false. */
    public static ValueType<Boolean> flag() {
        return parsed(
                FLAGS,
                text -> switch (text.strip().toLowerCase(Locale.ROOT)) {
                    case "true", "yes", "on" -> Boolean.TRUE;
                    case "false", "no", "off" -> Boolean.FALSE;
                    default -> null;
                },
                String::valueOf,
                "must be true or false");
    }

    /** An integer within bounds, both included. */
    public static ValueType<Integer> wholeNumber(int min, int max) {
        return scalar(
                min + " to " + max,
                (text, value) -> {
                    long number;
                    try {
                        number = Long.parseLong(text.strip().replace("_", ""));
                    } catch (NumberFormatException e) {
                        value.problem("must be a whole number");
                        return null;
                    }
                    if (number < min || number > max) {
                        value.problem("must be from " + min + " to " + max);
                        return null;
                    }
                    return (int) number;
                },
                String::valueOf);
    }

    /** A number within bounds, both included; {@link Double#MAX_VALUE} stands for no upper bound. */
    public static ValueType<Double> number(double min, double max) {
        boolean isOpen = max == Double.MAX_VALUE;
        String range = isOpen ? ">= " + number(min) : number(min) + " to " + number(max);
        return scalar(
                range,
                (text, value) -> {
                    double number;
                    try {
                        number = Double.parseDouble(text.strip());
                    } catch (NumberFormatException e) {
                        value.problem("must be a number");
                        return null;
                    }
                    if (!(number >= min && number <= max)) {
                        value.problem(isOpen ? "must be " + range : "must be from " + range);
                        return null;
                    }
                    return number;
                },
                ValueTypes::number);
    }

    /** A time zone by its name. */
    public static ValueType<ZoneId> timeZone() {
        return scalar(
                "time zone",
                (text, value) -> {
                    try {
                        return ZoneId.of(text.strip());
                    } catch (DateTimeException e) {
                        String nearest = Spelling.nearest(text.strip(), ZoneId.getAvailableZoneIds());
                        value.problem("must be a time zone such as Europe/Berlin or UTC"
                                + (nearest == null ? "" : "; did you mean " + nearest + "?"));
                        return null;
                    }
                },
                ZoneId::getId);
    }

    /** A duration within bounds, both included. */
    public static ValueType<Duration> duration(Duration min, Duration max) {
        return ranged(min, max, "duration", Durations::parse, Durations::format, Durations.RULE);
    }

    /** A number of bytes within bounds, both included. */
    public static ValueType<Long> bytes(long min, long max) {
        return ranged(min, max, "size", Bytes::parse, Bytes::format, Bytes.RULE);
    }

    private static <T extends Comparable<T>> ValueType<T> ranged(
            T min, T max, String noun, Function<String, @Nullable T> parse, Function<T, String> format, String rule) {
        String range = format.apply(min) + " to " + format.apply(max);
        return scalar(
                noun + ", " + range,
                (text, value) -> {
                    T parsed = parse.apply(text);
                    if (parsed == null) {
                        String inSeconds = text.strip() + "s";
                        value.problem(
                                parse.apply(inSeconds) == null ? rule : rule + "; did you mean " + inSeconds + "?");
                        return null;
                    }
                    if (parsed.compareTo(min) < 0 || parsed.compareTo(max) > 0) {
                        value.problem("must be from " + range);
                        return null;
                    }
                    return parsed;
                },
                format);
    }

    /** One of an enum's constants, in lower case with dashes. */
    public static <E extends Enum<E>> ValueType<E> choice(Class<E> type) {
        List<E> constants = List.of(type.getEnumConstants());
        String names = constants.stream().map(ConstantName::of).collect(Collectors.joining(", "));
        return parsed(
                constants.stream()
                        .map(constant -> "`" + ConstantName.of(constant) + "`")
                        .collect(Collectors.joining(", ")),
                text -> {
                    String wanted = text.strip().toLowerCase(Locale.ROOT);
                    return constants.stream()
                            .filter(constant -> ConstantName.of(constant).equals(wanted))
                            .findFirst()
                            .orElse(null);
                },
                ConstantName::of,
                "must be one of " + names);
    }

    /** A path, relative ones against the file's folder. */
    public static ValueType<Path> path() {
        return scalar("path", (text, value) -> value.path(text), path -> Yaml.scalar(path.toString()));
    }

    /** A folder that exists. */
    public static ValueType<Path> existingFolder() {
        return scalar(
                "folder",
                (text, value) -> {
                    Path path = value.path(text);
                    if (path != null && !Files.isDirectory(path)) {
                        value.problem("there is no such folder (looked for " + path + ")");
                    }
                    return path;
                },
                path -> Yaml.scalar(path.toString()));
    }

    /** A list; items that are wrong are reported and left out. */
    public static <T> ValueType<List<T>> listOf(ValueType<T> item) {
        return new ValueType<>() {
            @Override
            public @Nullable List<T> read(Value value) {
                List<Value> items = value.items();
                if (items == null) {
                    return null;
                }
                List<T> list = new ArrayList<>();
                for (Value each : items) {
                    T read = item.read(each);
                    if (read != null) {
                        list.add(read);
                    }
                }
                return list;
            }

            @Override
            public String format(List<T> list) {
                return list.stream()
                        .map(item::format)
                        .map(text -> text.startsWith("'") || text.startsWith("[") || !text.contains(",")
                                ? text
                                : "'" + text + "'")
                        .collect(Collectors.joining(", ", "[", "]"));
            }

            @Override
            public String values() {
                return "list of " + item.values();
            }
        };
    }

    /** Another type's values as values of a class of their own. */
    public static <S, T> ValueType<T> map(ValueType<S> type, Function<S, T> to, Function<T, S> from) {
        return new ValueType<>() {
            @Override
            public @Nullable T read(Value value) {
                S read = type.read(value);
                return read == null ? null : to.apply(read);
            }

            @Override
            public String format(T value) {
                return type.format(from.apply(value));
            }

            @Override
            public String values() {
                return type.values();
            }
        };
    }

    /** A number without trailing zeros. */
    public static String number(double value) {
        return BigDecimal.valueOf(value).stripTrailingZeros().toPlainString();
    }
}
