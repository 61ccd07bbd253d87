/**
 * The records of the API, as the area uses them. Types only; nothing runs here.
 *
 * @typedef {object} Group
 * @property {number} group_id
 * @property {string} group_name
 *
 * @typedef {object} Contact
 * @property {number} id
 * @property {string} last_name
 * @property {string | null} first_name
 * @property {string | null} patronymic
 * @property {string} full_name
 * @property {string[]} emails
 * @property {string[]} phone_numbers
 * @property {number | null} personal_manager_id
 * @property {string | null} personal_manager_full_name
 * @property {number | null} organization_id
 * @property {string | null} organization_name
 * @property {Group[]} groups
 *
 * @typedef {object} Named
 * @property {number} id
 * @property {string} name
 * @property {boolean} [is_system]
 *
 * @typedef {object} EmployeePhone
 * @property {string} phone_number
 * @property {number} channels_count
 * @property {number} dial_time
 * @property {"active" | "inactive"} status
 *
 * @typedef {object} Employee
 * @property {number} id
 * @property {string} last_name
 * @property {string | null} first_name
 * @property {string | null} patronymic
 * @property {string} full_name
 * @property {string | null} email
 * @property {EmployeePhone[]} phone_numbers
 *
 * @typedef {object} BlockedNumber
 * @property {number} id
 * @property {string} phone_number
 * @property {string | null} add_user_name
 * @property {string | null} add_comment
 * @property {string} add_date_time
 *
 * @typedef {object} ApiRequest
 * @property {number} api_request_id
 * @property {string} api_request_start_date_time
 * @property {string} api_request_method
 * @property {string | null} api_request_ip
 * @property {string | null} employee_login
 * @property {string | null} token_name
 * @property {string | null} api_request_body
 * @property {{ value: string, value_id: "success" | "failure" }} api_request_status
 * @property {number | null} api_request_error_code
 * @property {string | null} api_request_error_mnemonic
 * @property {number} api_request_execution_time
 *
 * @typedef {object} CustomerUser
 * @property {number} id
 * @property {string} login
 * @property {string} name
 * @property {number} customer_id
 *
 * @typedef {object} Limits
 * @property {number} [day_limit]
 * @property {number} [day_remaining]
 * @property {number} [day_reset]
 * @property {number} [minute_limit]
 * @property {number} [minute_remaining]
 * @property {number} [minute_reset]
 *
 * @typedef {{ field: string, operator: string, value?: unknown }} SimpleFilter
 * @typedef {{ filters: Filter[], condition?: "and" | "or" }} FilterTree
 * @typedef {SimpleFilter | FilterTree | Record<string, never>} Filter
 *
 * @typedef {{ field: string, order?: "asc" | "desc" }} SortKey
 */
export {};
