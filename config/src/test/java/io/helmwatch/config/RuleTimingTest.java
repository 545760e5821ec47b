package io.helmwatch.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.config.rule.RuleConfig;
import io.helmwatch.config.rule.StreamRulesConfig;
import io.helmwatch.config.stream.StreamConfig;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RuleTimingTest {

    @ParameterizedTest
    @CsvSource({"0, 0, 0", "25, 0, 0", "5, 0, 0", "2, 0, 0", "1, 1, 0", "0.4, 1, 1", "0.25, 2, 1"})
    void shouldCompareTheObservationsOfARuleWithItsTimes(double analyzeFps, int delayed, int impossible) {
        HelmwatchConfig config = config(analyzeFps, true);
        assertThat(RuleTiming.delayed(config)).hasSize(delayed);
        assertThat(RuleTiming.impossible(config)).hasSize(impossible);
    }

    @Test
    void shouldNameStreamRuleRateAndTimes() {
        assertThat(RuleTiming.delayed(config(1, true)))
                .singleElement()
                .asString()
                .contains("gate", "bare", "analyze-fps 1,", "3 observations take 3.0 s", "at-least (2.0 s)");
        assertThat(RuleTiming.impossible(config(0.4, true)))
                .singleElement()
                .asString()
                .contains("gate", "every 2.5 s", "2.0 s", " incidents.max-gap");
    }

    @Test
    void shouldAcceptAnyRateWithoutRules() {
        assertThat(RuleTiming.delayed(config(0.1, false))).isEmpty();
        assertThat(RuleTiming.impossible(config(0.1, false))).isEmpty();
    }

    private static HelmwatchConfig config(double analyzeFps, boolean withRule) {
        List<RuleConfig> rules =
                withRule ? List.of(RuleConfig.of("bare", RuleConfig.Kind.NO_HELMET, List.of(), 0)) : List.of();
        StreamConfig stream = StreamConfig.builder("gate", "rtsp://192.0.2.1/")
                .analyzeFps(analyzeFps)
                .rules(new StreamRulesConfig(List.of(), List.of(), 0, rules))
                .build();
        return HelmwatchConfig.builder().streams(List.of(stream)).build();
    }
}
