package io.helmwatch.pipeline.cli.option;

import io.helmwatch.config.stream.DecodeMode;
import io.helmwatch.resource.ConstantName;
import java.util.Arrays;
import java.util.stream.Collectors;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads the frames to decode as the configuration writes them. Threading: one thread. */
public final class DecodeModeConverter implements ITypeConverter<DecodeMode> {
    @Override
    public DecodeMode convert(String text) {
        for (DecodeMode mode : DecodeMode.values()) {
            if (ConstantName.of(mode).equals(text)) {
                return mode;
            }
        }
        throw new TypeConversionException("expected "
                + Arrays.stream(DecodeMode.values()).map(ConstantName::of).collect(Collectors.joining(", "))
                + ", found '" + text + "'");
    }
}
