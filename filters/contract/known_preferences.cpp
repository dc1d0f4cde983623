#include "filters/contract/known_preferences.hpp"

#include <array>
#include <bit>
#include <cstdint>

#include "filters/contract/nearness.hpp"
#include "filters/hash.hpp"

namespace filters {
namespace {

// 17 names of the API page, the rest seen in public traffic of the vendor's app. Some are misspelt
// there; that is how they are called.
constexpr auto names = std::to_array<std::string_view>({
    "added_authorized_client",
    "alarm",
    "autopark_completed_success",
    "autopark_forward_started",
    "autopark_unavailable_plugged_in",
    "battery_breaker_open",
    "black_start_failure",
    "bml_complete_order",
    "cabin_overheat_protection",
    "car_active",
    "charge_cable_unlatched",
    "charge_pricing_information",
    "charging_arrears",
    "charging_complete",
    "charging_congestion_complete_warning",
    "charging_congestion_fee",
    "charging_congestion_reminder",
    "charging_congestion_soc_warning",
    "charging_coupon",
    "charging_interrupted",
    "charging_started",
    "climate_ended",
    "climate_keeper_critical",
    "climate_keeper_ended_fault",
    "climate_keeper_ended_soc",
    "climate_keeper_reminder",
    "climate_keeper_warning",
    "climate_off_timeout",
    "custom_energy_alert",
    "dog_mode_faulted",
    "early_pickup_available",
    "energy_service_one_day_reminder",
    "energy_service_schedule_service",
    "energy_service_seven_day_reminder",
    "energy_support_chat_agent_ended_chat",
    "energy_support_chat_agent_joined_chat",
    "energy_support_chat_new_message",
    "enrollment_notification_ineligible",
    "enrollment_notification_participating",
    "enrollment_notification_rejected",
    "expired_payment",
    "factory_reset_initiated",
    "grid_fault_contactor_trip",
    "grid_outage",
    "grid_resync_success",
    "guest_share_revoked",
    "high_usage_supercharger",
    "inbox",
    "incentive_inspection",
    "internal_app_update_nag",
    "key_added",
    "key_removed",
    "loot_box_boosted",
    "lootbox_chargingmiles_expiration",
    "lootbox_credit_bonus",
    "lootbox_credit_expiration",
    "lootbox_promotion",
    "lootbox_quarter_lottery",
    "low_soe",
    "notifications_preconditioning_complete",
    "off_grid_approaching_low_soe",
    "outstanding_balance",
    "please_move_car",
    "power_rationality_alert",
    "preconditioning_complete",
    "questionnaire",
    "refer_friend",
    "removed_authorized_client",
    "rewrap_vault_keys",
    "scheduled_island_contactor_open",
    "scheduled_update_failed_to_start",
    "secret_level",
    "sentry_off_no_ap",
    "sentry_off_soc",
    "sentry_on_extended",
    "sentry_panic",
    "service_appointment_reminder",
    "service_complete",
    "service_estimate_available",
    "service_estimate_available_reminder",
    "service_in_part_hold",
    "service_in_part_hold_with_estimated_completion_time",
    "service_in_service",
    "service_in_service_with_estimated_completion_time",
    "service_installables_appointment",
    "service_loaner_vehicle_accept_agreement",
    "service_loaner_vehicle_to_be_provided",
    "service_manual_message",
    "service_new_chat_message",
    "service_questions_prompt",
    "service_range_analysis_complete",
    "service_range_analysis_incomplete",
    "service_ready_for_pickup",
    "service_rideshare_credits_available",
    "service_rideshare_credits_to_be_provided",
    "service_survey",
    "service_tracker_reminder",
    "service_vehicle_self_test_request",
    "speed_limit_proximity_triggered",
    "storm_mode_on",
    "supercharging_disabled",
    "supercharging_entity_switch",
    "supercharging_miles_expiration",
    "supercharging_survey",
    "supercharing_coupon_redemption",
    "suspicious_activity",
    "tesla_electric_new_site_added",
    "tpms_alert",
    "update_available",
    "update_imminent",
    "urgent_can_alert",
    "vehicle_added",
    "vehicle_driving_in_valet_mode",
    "vehicle_twelve_volt_battery_replacement_alert",
    "vehicle_unsecure",
    "vpp_event_beginning_discharge",
    "vpp_event_scheduled",
    "wait_for_jump_start",
    "wait_for_solar",
    "wait_for_user_low_soe",
    "wait_for_user_no_inverters_ready",
    "wait_for_user_retries_exhausted",
});

constexpr std::size_t slots = std::bit_ceil(names.size() * 4);
constexpr std::uint8_t free_slot = 0xFF;
static_assert(names.size() < free_slot);

constexpr auto table = [] {
  std::array<std::uint8_t, slots> made{};
  made.fill(free_slot);
  for (std::size_t i = 0; i < names.size(); ++i) {
    std::size_t at = hash_of(names[i]) % slots;
    while (made[at] != free_slot) at = (at + 1) % slots;
    made[at] = static_cast<std::uint8_t>(i);
  }
  return made;
}();

constexpr auto letter_sets = [] {
  std::array<std::uint64_t, names.size()> made{};
  for (std::size_t i = 0; i < names.size(); ++i) made[i] = letters_of(names[i]);
  return made;
}();

constexpr std::size_t longest = [] {
  std::size_t size = 0;
  for (const auto name : names) size = name.size() > size ? name.size() : size;
  return size;
}();

}  // namespace

std::span<const std::string_view> known_preferences() {
  return names;
}

bool is_known_preference(std::string_view name) {
  if (name.size() > longest) return false;
  for (std::size_t at = hash_of(name) % slots; table[at] != free_slot; at = (at + 1) % slots)
    if (names[table[at]] == name) return true;
  return false;
}

std::string_view nearest_known_preference(std::string_view name) {
  if (name.size() > longest + 2) return {};
  const std::uint64_t letters = letters_of(name);
  std::string_view best;
  unsigned least = 3;
  bool alone = false;
  for (std::size_t i = 0; i < names.size(); ++i) {
    // An edit adds and takes away at most one letter each.
    if (std::popcount(letters ^ letter_sets[i]) > 4) continue;
    const unsigned distance = edits_between(name, names[i], 2);
    if (distance > least || distance > 2) continue;
    alone = distance < least;
    least = distance;
    best = names[i];
  }
  return alone ? best : std::string_view{};
}

}  // namespace filters
