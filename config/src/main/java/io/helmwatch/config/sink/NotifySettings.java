package io.helmwatch.config.sink;

import io.helmwatch.config.schema.ValuesText;
import io.helmwatch.config.yaml.Yaml;
import io.helmwatch.config.yaml.YamlDocument;
import java.util.Map;

/** The settings of a notification target as they are shown. Threading: stateless. */
public final class NotifySettings {
    private NotifySettings() {}

    /** The values that differ from their defaults, by key; secrets are three stars. */
    public static Map<String, Object> values(NotifyConfig target) {
        return Yaml.values(YamlDocument.compose(ValuesText.changed(NotifySection.SPEC, target), "settings"));
    }
}
